/**
 * `config/consumerOffset.json`: how far each group has read each queue.
 *
 * Reproduces what `ConsumerOffsetManager` of RocketMQ 5.x reads and writes, so that a broker which takes the
 * directory over serves the same groups from the same offsets.
 *
 * @module
 */
import type { StoreDirectory } from "../directory/mod.ts";
import { isFolderName } from "../layout/mod.ts";
import type { GroupOffset } from "../types.ts";
import type { BrokerObject } from "./broker_json.ts";
import { ConfigFile, type ConfigFileOptions } from "./config_file.ts";

/** Path of the file below the root. */
export const CONSUMER_OFFSETS_PATH = "config/consumerOffset.json";

const QUEUE_ID_MAX = 0x7fffffff;
/** Stands between topic and group; neither may have it in its name. */
const SEPARATOR = "@";

/** Progress of all groups. */
export class ConsumerOffsets {
  readonly #file: ConfigFile;

  /**
   * Reads the file, or its backup; without either no group has read anything.
   *
   * @param directory The store's directory.
   * @param options See each.
   */
  constructor(directory: StoreDirectory, options: ConfigFileOptions) {
    this.#file = new ConfigFile(directory, CONSUMER_OFFSETS_PATH, options);
  }

  /** Whether it was changed since it was last written. */
  get isDirty(): boolean {
    return this.#file.isDirty;
  }

  /**
   * Gives a group's progress.
   *
   * @param group Group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @returns Offset that it reads next; `undefined` if it never read the queue.
   */
  get(group: string, topic: string, queueId: number): number | undefined {
    const queues = this.#table().get(`${topic}${SEPARATOR}${group}`);
    return queues instanceof Map
      ? offsetOf(queues.get(queueId) ?? queues.get(`${queueId}`))
      : undefined;
  }

  /**
   * Sets a group's progress.
   *
   * @param group Group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @param offset Offset that it reads next.
   */
  set(group: string, topic: string, queueId: number, offset: number): void {
    if (this.get(group, topic, queueId) === offset) return;
    const queues = this.#file.object(this.#table(), `${topic}${SEPARATOR}${group}`);
    queues.delete(`${queueId}`);
    queues.set(queueId, offset);
    this.#file.touch();
  }

  /**
   * Lists the progress of all groups.
   *
   * @returns By group, topic and queue.
   */
  all(): GroupOffset[] {
    const offsets: GroupOffset[] = [];
    for (const [key, queues] of this.#table()) {
      const [topic, group, ...rest] = String(key).split(SEPARATOR);
      if (group === undefined || rest.length > 0 || !(queues instanceof Map)) continue;
      // What cannot name a queue has no progress that anybody could ask for.
      if (!isFolderName(topic)) continue;
      for (const [queue, value] of queues) {
        const queueId = Number(queue);
        const offset = offsetOf(value);
        if (offset === undefined || !isQueueId(queueId)) continue;
        offsets.push({ group, topic, queueId, offset });
      }
    }
    return offsets.sort(compareOffsets);
  }

  /**
   * Writes the file if it was changed.
   *
   * @throws {DiskFullError} If there is no room; call it again.
   * @throws {SystemError} If it fails otherwise; the same.
   */
  write(): Promise<void> {
    return this.#file.write();
  }

  #table(): BrokerObject {
    return this.#file.object(this.#file.root, "offsetTable");
  }
}

function isQueueId(queueId: number): boolean {
  return Number.isSafeInteger(queueId) && queueId >= 0 && queueId <= QUEUE_ID_MAX;
}

function offsetOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function compareOffsets(a: GroupOffset, b: GroupOffset): number {
  return compare(a.group, b.group) || compare(a.topic, b.topic) || a.queueId - b.queueId;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

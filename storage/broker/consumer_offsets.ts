/**
 * How far each group has read each queue: `config/consumerOffset.json`, and
 * `config/lmqConsumerOffset.json` where a broker keeps that.
 *
 * Reproduces what `ConsumerOffsetManager` of RocketMQ 5.x reads and writes, so that a broker that
 * takes the directory over serves the same groups from the same offsets. With `enableLmq` a broker
 * has `LmqConsumerOffsetManager`, which keeps everything in the second file: groups of light queues
 * (`%LMQ%…`) in a table of their own, without a queue, and all others as in the first file.
 *
 * @module
 */
import {
  GROUP_OFFSETS_FILE,
  isFolderName,
  LIGHT_QUEUE_PREFIX,
  LMQ_GROUP_OFFSETS_FILE,
} from "../layout/mod.ts";
import type { GroupPlace } from "../types.ts";
import { type BrokerFiles, LMQ_OFFSET_TABLE, OFFSET_TABLE } from "./broker_files.ts";
import type { BrokerObject } from "./broker_json.ts";
import { ConfigFile, type ConfigFileOptions } from "./config_file.ts";

const QUEUE_ID_MAX = 0x7fffffff;
/** Stands between topic and group, and may be in neither. */
const SEPARATOR = "@";

/** How far a group has read one queue. */
export interface GroupOffset extends GroupPlace {
  readonly group: string;
}

/** Progress of all groups. */
export class ConsumerOffsets {
  readonly #file: ConfigFile;
  readonly #lmq: ConfigFile;

  /** Takes the files, or their backups; without them no group has read anything. */
  constructor(files: BrokerFiles, options: ConfigFileOptions) {
    this.#file = new ConfigFile(files, GROUP_OFFSETS_FILE, options);
    this.#lmq = new ConfigFile(files, LMQ_GROUP_OFFSETS_FILE, options);
  }

  /** Whether it was changed since it was last written. */
  get isDirty(): boolean {
    return this.#file.isDirty || this.#lmq.isDirty;
  }

  /** Whether all progress is known: every file was read whole. */
  get isWhole(): boolean {
    return this.#file.isWhole && this.#lmq.isWhole &&
      hasOnlyQueues(this.#queuesIn(this.#file)) && hasOnlyQueues(this.#queuesIn(this.#lmq)) &&
      [...this.#lightOnes().values()].every((value) => offsetOf(value) !== undefined);
  }

  /** The offset that a group reads next; `undefined` if it never read the queue. */
  get(group: string, topic: string, queueId: number): number | undefined {
    const key = `${topic}${SEPARATOR}${group}`;
    const light = isLight(group) && queueId === 0
      ? offsetOf(this.#lightOnes().get(key))
      : undefined;
    return light ?? this.#find(this.#lmq, key, queueId) ?? this.#find(this.#file, key, queueId);
  }

  /**
   * Sets a group's progress. The file of a broker with `enableLmq`, where there is one, gets all
   * progress: that broker reads no other.
   */
  set(group: string, topic: string, queueId: number, offset: number): void {
    const key = `${topic}${SEPARATOR}${group}`;
    if (isLight(group) && queueId === 0) {
      if (this.#lightOnes().get(key) === offset) return;
      if (!this.#hasLmq()) this.#adopt();
      this.#lightOnes().set(key, offset);
      this.#lmq.touch();
      return;
    }
    this.#put(this.#file, key, queueId, offset);
    if (this.#hasLmq()) this.#put(this.#lmq, key, queueId, offset);
  }

  all(): GroupOffset[] {
    const offsets = new Map<string, GroupOffset>();
    const add = (key: string | number, queueId: number, value: unknown) => {
      const [topic, group, ...rest] = String(key).split(SEPARATOR);
      const offset = offsetOf(value);
      if (group === undefined || rest.length > 0 || offset === undefined) return;
      // A name that is not a queue's has no progress.
      const isQueueId = Number.isInteger(queueId) && queueId >= 0 && queueId <= QUEUE_ID_MAX;
      if (!isFolderName(topic) || !isQueueId) return;
      offsets.set(`${key}${SEPARATOR}${queueId}`, { group, topic, queueId, offset });
    };
    for (const file of [this.#file, this.#lmq]) {
      for (const [key, queues] of this.#queuesIn(file)) {
        if (!(queues instanceof Map)) continue;
        for (const [queue, value] of queues) add(key, Number(queue), value);
      }
    }
    for (const [key, value] of this.#lightOnes()) add(key, 0, value);
    return [...offsets.values()].sort(compareOffsets);
  }

  /** Which files are known to hold groups on the disk; not one that is behind the memory. */
  get told(): { readonly hasOffsets: boolean; readonly hasLmqOffsets: boolean } {
    const tells = (file: ConfigFile, count: number) =>
      (file.isDurable && count > 0) || !file.isWhole;
    return {
      hasOffsets: tells(this.#file, this.#queuesIn(this.#file).size),
      hasLmqOffsets: tells(this.#lmq, this.#queuesIn(this.#lmq).size + this.#lightOnes().size),
    };
  }

  /**
   * Writes what was changed; call it again after an error.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
   */
  async write(): Promise<void> {
    await this.#file.write();
    await this.#lmq.write();
  }

  /** A broker with `enableLmq` reads this file alone, so it begins with a copy of the other. */
  #adopt(): void {
    for (const [key, queues] of this.#queuesIn(this.#file)) {
      this.#queuesIn(this.#lmq).set(key, queues instanceof Map ? new Map(queues) : queues);
    }
  }

  #hasLmq(): boolean {
    return this.#lmq.isFound || this.#lightOnes().size > 0;
  }

  #put(file: ConfigFile, key: string, queueId: number, offset: number): void {
    if (this.#find(file, key, queueId) === offset) return;
    const queues = file.object(this.#queuesIn(file), key);
    queues.delete(`${queueId}`);
    queues.set(queueId, offset);
    file.touch();
  }

  #find(file: ConfigFile, key: string, queueId: number): number | undefined {
    const queues = this.#queuesIn(file).get(key);
    return queues instanceof Map
      ? offsetOf(queues.get(queueId) ?? queues.get(`${queueId}`))
      : undefined;
  }

  #queuesIn(file: ConfigFile): BrokerObject {
    return file.object(file.root, OFFSET_TABLE);
  }

  #lightOnes(): BrokerObject {
    return this.#lmq.object(this.#lmq.root, LMQ_OFFSET_TABLE);
  }
}

/** Whether a topic is a light queue, or a group reads light queues: RocketMQ's `MixAll.isLmq()`. */
export function isLight(name: string): boolean {
  return name.startsWith(LIGHT_QUEUE_PREFIX);
}

/** A broker, too, skips a key that is not a topic and a group. */
function hasOnlyQueues(table: BrokerObject): boolean {
  return [...table].every(([key, queues]) =>
    String(key).split(SEPARATOR).length !== 2 ||
    (queues instanceof Map &&
      [...queues].every(([queue, value]) =>
        /^[0-9]+$/.test(`${queue}`) && offsetOf(value) !== undefined
      ))
  );
}

function offsetOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The order in which progress is listed. */
export function compareOffsets(a: GroupOffset, b: GroupOffset): number {
  return compare(a.group, b.group) || compare(a.topic, b.topic) || a.queueId - b.queueId;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

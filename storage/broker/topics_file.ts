/**
 * `config/topics.json`: what a broker must know of a topic to serve it.
 *
 * Reproduces what `TopicConfigManager` of RocketMQ 5.x reads and writes.
 *
 * @module
 */
import type { QueueKind, QueueName } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { BrokerFiles, TOPIC_TABLE } from "./broker_files.ts";
import type { BrokerJson, BrokerObject } from "./broker_json.ts";
import { ConfigFile, type ConfigFileOptions } from "./config_file.ts";
import { isLight } from "./consumer_offsets.ts";
import {
  CHECKPOINT_TOPIC_PREFIX,
  DELAY_LEVELS_MS,
  DELIVERY_TOPIC,
  SCHEDULE_TOPIC,
  SENT_BACK_TOPIC,
  TOPICS_FILE,
} from "../layout/mod.ts";

const READ = 4;
const READ_AND_WRITE = 6;

/** The topics that a broker would serve: of the file, or its backup. */
export class TopicsFile extends ConfigFile {
  constructor(files: BrokerFiles, options: ConfigFileOptions) {
    super(files, TOPICS_FILE, options);
  }

  /** The kind of a topic's queues: `"batch"` if its attribute `queue.type` is `BatchCQ`. */
  kindOf(topic: string): QueueKind {
    const attributes = this.#find(topic)?.get("attributes");
    const type = attributes instanceof Map ? attributes.get("queue.type") : undefined;
    return type === "BatchCQ" ? "batch" : "simple";
  }

  /**
   * Makes a broker serve a queue, and tells whether something changed. What the file says stays,
   * and numbers of queues only grow; `kind` is for a new topic.
   */
  ensure(topic: string, queueId: number, kind: QueueKind = "simple"): boolean {
    const isChanged = this.#serve({ topic, queueId, kind });
    if (isChanged) this.touch();
    return isChanged;
  }

  /**
   * Takes the topics from the queues if the file could not be read, so that the next write holds
   * all topics; they alone are no reason to write. Attributes that only the file knew are lost.
   */
  fillIn(queues: Iterable<QueueName>): void {
    if (this.isFound) return;
    for (const queue of queues) this.#serve(queue);
  }

  /** Makes a broker serve a queue, and tells whether something changed. */
  #serve({ topic, queueId, kind }: QueueName): boolean {
    const known = this.#find(topic);
    // A broker has no topic for a light queue; and an entry that cannot be understood stays.
    if (isLight(topic) || (known === undefined && this.#topics().has(topic))) return false;
    // A broker has a queue for each level, and believes what the file says.
    const count = topic === SCHEDULE_TOPIC ? DELAY_LEVELS_MS.length : queueId + 1;
    if (known !== undefined) return raise(known, count);
    this.#add(topic, count, kind);
    return true;
  }

  #topics(): BrokerObject {
    return this.object(this.root, TOPIC_TABLE);
  }

  #find(topic: string): BrokerObject | undefined {
    const known = this.#topics().get(topic);
    return known instanceof Map ? known : undefined;
  }

  #add(topic: string, queueCount: number, kind: QueueKind): void {
    const attributes: BrokerObject = new Map(kind === "batch" ? [["queue.type", "BatchCQ"]] : []);
    this.#topics().set(
      topic,
      new Map<string, BrokerJson>([
        ["attributes", attributes],
        ["order", false],
        ["perm", isOwnTopic(topic) ? READ : READ_AND_WRITE],
        ["readQueueNums", queueCount],
        ["topicFilterType", "SINGLE_TAG"],
        ["topicName", topic],
        ["topicSysFlag", 0],
        ["writeQueueNums", queueCount],
      ]),
    );
  }
}

/** How many queues a broker writes to, by topic, as the file has it now. */
export function queueCounts(directory: StoreDirectory): Map<string, number> {
  const topics = new BrokerFiles(directory).get(TOPICS_FILE).root?.get(TOPIC_TABLE);
  const counts = new Map<string, number>();
  for (const [topic, config] of topics instanceof Map ? topics : []) {
    const count = config instanceof Map ? config.get("writeQueueNums") : undefined;
    if (typeof topic === "string" && typeof count === "number" && count > 0) {
      counts.set(topic, count);
    }
  }
  return counts;
}

/** Whether only Streambed writes to a topic. */
function isOwnTopic(topic: string): boolean {
  return topic === DELIVERY_TOPIC || topic === SENT_BACK_TOPIC ||
    topic.startsWith(CHECKPOINT_TOPIC_PREFIX);
}

function raise(topic: BrokerObject, least: number): boolean {
  const low = ["readQueueNums", "writeQueueNums"].filter((key) => {
    const known = topic.get(key);
    return typeof known !== "number" || known < least;
  });
  for (const key of low) topic.set(key, least);
  return low.length > 0;
}

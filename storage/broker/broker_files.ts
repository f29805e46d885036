/**
 * A broker's files about topics and groups as they were found: each is read once, when it is first
 * asked for.
 *
 * @module
 */
import { readMeta, type StoreDirectory } from "../directory/mod.ts";
import {
  GROUP_OFFSETS_FILE,
  LMQ_GROUP_OFFSETS_FILE,
  type StreambedMeta,
  TOPICS_FILE,
} from "../layout/mod.ts";
import { type ConfigExpectation, type ConfigReading, readConfig } from "./read_config.ts";

/** Table of topics. */
export const TOPIC_TABLE = "topicConfigTable";
/** Table of the progress of groups. */
export const OFFSET_TABLE = "offsetTable";
/** Table of the progress of groups that read light queues. */
export const LMQ_OFFSET_TABLE = "lmqOffsetTable";

/** One of the files. */
export type BrokerFile =
  | typeof TOPICS_FILE
  | typeof GROUP_OFFSETS_FILE
  | typeof LMQ_GROUP_OFFSETS_FILE;

/** What was found. */
export class BrokerFiles {
  /** The store's directory. */
  readonly directory: StoreDirectory;
  readonly #expected: Readonly<Record<BrokerFile, ConfigExpectation>>;
  readonly #found = new Map<BrokerFile, ConfigReading>();

  /** Reads nothing yet. Which files were there the last writer of ours has said in `meta`. */
  constructor(
    directory: StoreDirectory,
    meta: Partial<StreambedMeta> | undefined = readMeta(directory),
  ) {
    this.directory = directory;
    this.#expected = {
      [GROUP_OFFSETS_FILE]: { tables: [OFFSET_TABLE], isExpected: meta?.hasOffsets },
      [LMQ_GROUP_OFFSETS_FILE]: {
        tables: [OFFSET_TABLE, LMQ_OFFSET_TABLE],
        isExpected: meta?.hasLmqOffsets,
      },
      [TOPICS_FILE]: { tables: [TOPIC_TABLE] },
    };
  }

  /** What a look at a file gave. */
  get(path: BrokerFile): ConfigReading {
    const known = this.#found.get(path) ?? readConfig(this.directory, path, this.#expected[path]);
    this.#found.set(path, known);
    return known;
  }

  /** All of them, by path. */
  all(): (readonly [BrokerFile, ConfigReading])[] {
    return [...this.offsets(), [TOPICS_FILE, this.get(TOPICS_FILE)]];
  }

  /** Those that say how far groups have read, by path. */
  offsets(): (readonly [BrokerFile, ConfigReading])[] {
    return ([GROUP_OFFSETS_FILE, LMQ_GROUP_OFFSETS_FILE] as const)
      .map((path) => [path, this.get(path)]);
  }
}

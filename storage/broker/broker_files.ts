/**
 * A broker's files about topics and groups, each read once, at its first use.
 *
 * @module
 */
import { readMeta, type StoreDirectory } from "../directory/mod.ts";
import {
  DELAY_OFFSETS_FILE,
  GROUP_OFFSETS_FILE,
  LMQ_GROUP_OFFSETS_FILE,
  type StreambedMeta,
  TOPICS_FILE,
} from "../layout/mod.ts";
import { type ConfigExpectation, type ConfigReading, readConfig } from "./read_config.ts";

export const TOPIC_TABLE = "topicConfigTable";
export const OFFSET_TABLE = "offsetTable";
export const LMQ_OFFSET_TABLE = "lmqOffsetTable";

export type BrokerFile =
  | typeof TOPICS_FILE
  | typeof GROUP_OFFSETS_FILE
  | typeof LMQ_GROUP_OFFSETS_FILE
  | typeof DELAY_OFFSETS_FILE;

/** The files as they were found. */
export class BrokerFiles {
  readonly directory: StoreDirectory;
  readonly #expected: Readonly<Record<BrokerFile, ConfigExpectation>>;
  readonly #found = new Map<BrokerFile, ConfigReading>();

  /** Reads nothing yet. `meta` says which files the last Streambed writer had. */
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
      [DELAY_OFFSETS_FILE]: { tables: [OFFSET_TABLE] },
    };
  }

  get(path: BrokerFile): ConfigReading {
    const known = this.#found.get(path) ?? readConfig(this.directory, path, this.#expected[path]);
    this.#found.set(path, known);
    return known;
  }

  /** All files, by path. */
  all(): (readonly [BrokerFile, ConfigReading])[] {
    const others = [TOPICS_FILE, DELAY_OFFSETS_FILE] as const;
    return [...this.offsets(), ...others.map((path) => [path, this.get(path)] as const)];
  }

  /** The files with the progress of groups, by path. */
  offsets(): (readonly [BrokerFile, ConfigReading])[] {
    return ([GROUP_OFFSETS_FILE, LMQ_GROUP_OFFSETS_FILE] as const)
      .map((path) => [path, this.get(path)]);
  }
}

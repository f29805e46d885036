/**
 * The rows of the table of arguments for streams of all kinds.
 *
 * @module
 */
import {
  bag,
  boolean,
  callback,
  type Door,
  door,
  DURABILITY,
  either,
  GROUP,
  KEYS,
  list,
  preset,
  PROPERTIES,
  QUEUE_ID,
  READ_FROM,
  required,
  type Rules,
  signal,
  STORE,
  TAG,
  TAGS,
  text,
  thing,
  TIME,
  TIMES,
  TOPIC,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import type { SinkBytesOptions, SinkChunk, SinkOptions } from "./sink_options.ts";
import type {
  Selection,
  SourceBatchesOptions,
  SourceBytesOptions,
  SourceOptions,
} from "./source_options.ts";

/** Bytes that a sink accepts ahead of the page cache unless asked otherwise. */
export const HIGH_WATER_MARK: number = 4 * 1024 * 1024;

/** Messages of a batch of a source unless asked otherwise. */
export const BATCH_COUNT = 256;
/** What stands between messages as bytes unless asked otherwise. */
export const DELIMITER_TEXT = "\n";

export const SINK_ROWS: Rules<SinkOptions> = {
  tags: TAG,
  keys: KEYS,
  properties: PROPERTIES,
  queueId: preset(either(QUEUE_ID, callback<(chunk: SinkChunk) => number>()), 0),
  highWaterMark: wholeNumber({ least: 1, fallback: HIGH_WATER_MARK }),
  durability: preset(DURABILITY, "committed"),
  signal: signal(),
};

/** Rows of what goes on where it has ended. */
export const SELECTION_ROWS: Rules<Selection> = {
  queueIds: list(QUEUE_ID),
  from: READ_FROM,
  since: TIME,
  tags: TAGS,
  follow: boolean(true),
  signal: signal(),
};

export const SOURCE_ROWS: Rules<SourceOptions> = {
  ...SELECTION_ROWS,
  until: TIME,
  limit: wholeNumber(),
  follow: boolean(),
  group: GROUP,
  visibility: DURABILITY,
};

const { group: _, ...ungrouped } = SOURCE_ROWS;

/** Arguments of what makes a stream of a topic. */
export type StreamDoor<Options> = Door<[store: Store, topic: string, options?: Options]>;

/** A door of a sink with these members of its options. */
export function sinkDoor<Options extends object>(
  rows: Rules<NoInfer<Options>>,
): StreamDoor<Options> {
  const rules = [required(STORE), required(TOPIC), bag<Options>(rows)] as const;
  return door("make sink", "store topic options", rules);
}

/** A door of a source with these members of its options. */
export function sourceDoor<Options extends object>(
  rows: Rules<NoInfer<Options>>,
): StreamDoor<Options> {
  const rules = [required(STORE), required(TOPIC_ON_DISK), bag<Options>(rows, TIMES)] as const;
  return door("make source", "store topic options", rules);
}

export const SINK_DOOR: StreamDoor<SinkOptions> = sinkDoor(SINK_ROWS);

export const SINK_BYTES_DOOR: StreamDoor<SinkBytesOptions> = sinkDoor({
  ...SINK_ROWS,
  delimiter: preset(text("a text, not empty", (one) => one !== ""), DELIMITER_TEXT),
});

export const SOURCE_DOOR: StreamDoor<SourceOptions> = sourceDoor(SOURCE_ROWS);

export const SOURCE_BATCHES_ROWS: Rules<SourceBatchesOptions> = {
  ...SOURCE_ROWS,
  batchCount: wholeNumber({ least: 1, fallback: BATCH_COUNT }),
};

export const SOURCE_BATCHES_DOOR: StreamDoor<SourceBatchesOptions> = sourceDoor(
  SOURCE_BATCHES_ROWS,
);

export const SOURCE_BYTES_ROWS: Rules<SourceBytesOptions> = {
  ...ungrouped,
  delimiter: preset(text(), DELIMITER_TEXT),
};

export const SOURCE_BYTES_DOOR: StreamDoor<SourceBytesOptions> = sourceDoor(SOURCE_BYTES_ROWS);

export const DONE_DOOR: Door<[message: StoredMessage]> = door(
  "say that a message is done",
  "message",
  [required(thing<StoredMessage>("a message of the source", isMessage))],
);

export const BATCH_DONE_DOOR: Door<[message: readonly StoredMessage[]]> = door(
  "say that a batch is done",
  "message",
  [required(thing<readonly StoredMessage[]>("a batch of the source", isBatch))],
);

function isBatch(value: unknown): boolean {
  return Array.isArray(value) && value.every(isMessage);
}

function isMessage(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { topic, queueId, offset } = value as Partial<StoredMessage>;
  return typeof topic === "string" && Number.isSafeInteger(queueId) && Number.isSafeInteger(offset);
}

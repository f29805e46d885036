/**
 * The meta slot: Streambed's own knowledge of a store, in the file `streambed/meta`.
 *
 * Big-endian. The file has two slots of 4096 bytes, written in turn: generation g goes to slot g
 * modulo 2, so that a torn write spoils only the older. After the fields of the first table come
 * `rangeCount` ranges as in the second, then an i32, the CRC-32 (all 32 bits) of everything before
 * it; the rest of the slot is zero, up to its trace. A slot is valid if magic, version, lengths and
 * CRC are right.
 *
 * | offset | bytes | type    | field             | meaning                                        |
 * | -----: | ----: | ------- | ----------------- | ---------------------------------------------- |
 * |      0 |     4 | i32     | magic             | 0x53424D31, "SBM1"                             |
 * |      4 |     4 | i32     | formatVersion     | 1                                              |
 * |      8 |     8 | i64     | generation        | counts the writes; the highest valid slot wins |
 * |     16 |     4 | i32     | byteLength        | bytes before the CRC                           |
 * |     20 |    16 | bytes16 | storeId           | a random UUID, made with the store             |
 * |     36 |     8 | i64     | epoch             | counts the writers                             |
 * |     44 |    16 | bytes16 | bootId            | the last writer's boot, a UUID; 0 = unknown    |
 * |     60 |     8 | i64     | mountId           | the last writer's mount; 0 = unknown           |
 * |     68 |     8 | i64     | mark              | the log below this position is flushed         |
 * |     76 |     8 | i64     | segmentByteLength | bytes of a log segment                         |
 * |     84 |     4 | i32     | queueEntryCount   | entries of a queue file                        |
 * |     88 |     4 | i32     | indexSlotCount    | slots of an index file                         |
 * |     92 |     4 | i32     | indexEntryCount   | entries of an index file                       |
 * |     96 |     4 | i32     | maxBodyByteLength | bytes of the longest body                      |
 * |    100 |     4 | i32     | state             | 0 closed, 1 open                               |
 * |    104 |     8 | i64     | dispatched        | queues and index are durable below it          |
 * |    112 |     4 | i32     | rangeCount        | ranges that follow, at most 200                |
 *
 * A range of the log that Streambed wrote, in which every record carries its checksum:
 *
 * | offset | bytes | type | field | meaning                                               |
 * | -----: | ----: | ---- | ----- | ----------------------------------------------------- |
 * |      0 |     8 | i64  | from  | first position                                        |
 * |      8 |     8 | i64  | to    | position behind the last; -1 = open, still written    |
 *
 * The last 24 bytes of a slot are its trace: which files existed when it was written, so that a
 * lost one is noticed. It counts if its CRC (all 32 bits of the CRC-32 of what stands before it) is
 * right and its generation is the slot's; without a trace nothing is known:
 *
 * | offset | bytes | type | field       | meaning                                                 |
 * | -----: | ----: | ---- | ----------- | ------------------------------------------------------- |
 * |      0 |     8 | i64  | generation  | that of the slot                                        |
 * |      8 |     8 | i64  | start       | the log starts there, or will soon; -1 = not known      |
 * |     16 |     4 | i32  | offsetFiles | 1 consumerOffset.json names groups, 2 lmqConsumerOffset |
 * |     20 |     4 | i32  | crc         | CRC-32 of what is before                                |
 *
 * RocketMQ has no such file and never looks into the folder.
 *
 * @module
 */
import { defineLayout, type Layout } from "./define_layout.ts";
import type { LogRange } from "./log_ranges.ts";

const FIELDS = {
  magic: "i32",
  formatVersion: "i32",
  generation: "i64",
  byteLength: "i32",
  storeId: "bytes16",
  epoch: "i64",
  bootId: "bytes16",
  mountId: "i64",
  mark: "i64",
  segmentByteLength: "i64",
  queueEntryCount: "i32",
  indexSlotCount: "i32",
  indexEntryCount: "i32",
  maxBodyByteLength: "i32",
  state: "i32",
  dispatched: "i64",
  rangeCount: "i32",
} as const;
/** The layout of the fixed fields of a meta slot. */
export const META_SLOT: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

/** The layout of a range of a meta slot. */
export const META_RANGE: Layout<"from" | "to"> = defineLayout({ from: "i64", to: "i64" });

const TRACE_FIELDS = {
  generation: "i64",
  start: "i64",
  offsetFiles: "i32",
  crc: "i32",
} as const;
/** The layout of the trace at the end of a meta slot. */
export const META_TRACE: Layout<keyof typeof TRACE_FIELDS> = defineLayout(TRACE_FIELDS);

/** Magic number of a meta slot: the letters SBM1. */
export const META_MAGIC = 0x53424d31;
/** The version that this library writes and reads. */
export const META_FORMAT_VERSION = 1;
/** Bytes of a slot. */
export const META_SLOT_BYTE_LENGTH = 4096;
/** Bytes of the file: two slots. */
export const META_FILE_BYTE_LENGTH: number = 2 * META_SLOT_BYTE_LENGTH;
/** A boot id that is not known. */
export const UNKNOWN_BOOT_ID = "00000000-0000-0000-0000-000000000000";
/** A mount id that is not known. */
export const UNKNOWN_MOUNT_ID = "0000000000000000";

/** The lengths and counts of a store's files, fixed at creation. */
export interface MetaGeometry {
  segmentByteLength: number;
  /** Entries of a queue file. */
  queueEntryCount: number;
  /** Slots of an index file. */
  indexSlotCount: number;
  /** Entries of an index file, the unused entry 0 included. */
  indexEntryCount: number;
  maxBodyByteLength: number;
}

/** The content of a meta slot. */
export interface StreambedMeta {
  /** Counts the writes of the file. */
  generation: number;
  /** A UUID. */
  storeId: string;
  /** Counts the writers of the store. */
  epoch: number;
  /** The boot of the last writer, a UUID, or {@linkcode UNKNOWN_BOOT_ID}. */
  bootId: string;
  /** The unique mount id of the last writer as 16 hex digits, or {@linkcode UNKNOWN_MOUNT_ID}. */
  mountId: string;
  /** The position below which all of the log is known to be flushed. */
  mark: number;
  geometry: MetaGeometry;
  /** Open also if the writer died. */
  state: "closed" | "open";
  /** The position below which all queue entries and index keys are flushed. */
  dispatched: number;
  /** What Streambed wrote, in order, none touching the next. */
  ranges: readonly LogRange[];
  /**
   * Position where the log starts or is about to: flushed before the log below it is deleted. Not
   * known when left out.
   */
  start?: number;
  /** Whether `config/consumerOffset.json` named groups; not known when left out. */
  hasOffsets?: boolean;
  /** The same for `config/lmqConsumerOffset.json`. */
  hasLmqOffsets?: boolean;
}

/** The byte at which the slot of a generation starts. */
export function metaSlotOffset(generation: number): number {
  return (generation % 2) * META_SLOT_BYTE_LENGTH;
}

/** The newer of two slots, of which an invalid one is `undefined`. */
export function chooseMetaSlot(
  a: StreambedMeta | undefined,
  b: StreambedMeta | undefined,
): StreambedMeta | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.generation >= b.generation ? a : b;
}

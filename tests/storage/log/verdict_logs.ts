/**
 * Logs of one segment with every kind of last writer.
 *
 * @module
 */
import {
  encodeMessageInto,
  encodeMetaSlot,
  metaSlotOffset,
  OPEN_END,
  prepareMessage,
  RECORD_CRC_BYTE_LENGTH,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../../../storage/layout/mod.ts";
import type { OpenStoreOptions } from "../../../storage/mod.ts";
import { abortSignature } from "../../../storage/life/mod.ts";

/** Length of the segment. */
const SEGMENT_BYTE_LENGTH = 8192;
/** Records of a log. */
export const RECORD_COUNT = 12;
/** The record at the mark. */
export const MARK_INDEX = 6;
/** Topic of all records. */
export const TOPIC = "orders";
/** Boot of the machine that opens. */
export const BOOT_ID = "0123456789abcdef0123456789abcdef";
/** Mount of the machine that opens. */
export const MOUNT_ID = "00000000000000aa";
const GEOMETRY = {
  segmentByteLength: SEGMENT_BYTE_LENGTH,
  queueEntryCount: 50,
  indexSlotCount: 10,
  indexEntryCount: 40,
};
/** Options of the opening. */
export const LOG_OPTIONS: OpenStoreOptions = { geometry: GEOMETRY };

const BOOT_UUID = "01234567-89ab-cdef-0123-456789abcdef";
const OTHER_BOOT_UUID = "99999999-9999-4999-8999-999999999999";
const OTHER_MOUNT_ID = "9999999999999999";

/** What the page calls the last writer, and what it left behind. */
export interface WriterKind {
  /** Record at the mark; `undefined` where nobody keeps one. */
  readonly mark: number | undefined;
  /**
   * Whether the page cache of our last writer survived; `"not ours"` if somebody else came after,
   * or we closed.
   */
  readonly cache: "survived" | "lost" | "not ours";
  /** Whether the records are RocketMQ's, with a checksum of the body alone. */
  readonly isJava: boolean;
  /** `streambed/meta`; `undefined` if there is none. */
  readonly meta: Partial<StreambedMeta> | undefined;
  /** What `abort` holds: our signature, a broker's process id, or no file. */
  readonly abort: "ours" | "a broker's" | undefined;
}

const SAME = { bootId: BOOT_UUID, mountId: MOUNT_ID, state: "open" } as const;

const LOST = { mark: MARK_INDEX, cache: "lost", isJava: false, abort: "ours" } as const;

/** A row of the table. */
export type Writer =
  | "ours, same boot and mount"
  | "ours, another boot"
  | "ours, another mount"
  | "ours, boot unknown"
  | "ours, mount unknown"
  | "ours, closed, the mark at the end"
  | "ours, closed, the mark in the middle"
  | "RocketMQ after ours had died"
  | "RocketMQ after ours had died, closed"
  | "RocketMQ alone, died"
  | "RocketMQ alone, closed";

/** The last writers. */
export const WRITERS: Readonly<Record<Writer, WriterKind>> = {
  "ours, same boot and mount": {
    ...LOST,
    cache: "survived",
    meta: SAME,
  },
  "ours, another boot": { ...LOST, meta: { ...SAME, bootId: OTHER_BOOT_UUID } },
  "ours, another mount": { ...LOST, meta: { ...SAME, mountId: OTHER_MOUNT_ID } },
  "ours, boot unknown": { ...LOST, meta: { ...SAME, bootId: UNKNOWN_BOOT_ID } },
  "ours, mount unknown": { ...LOST, meta: { ...SAME, mountId: UNKNOWN_MOUNT_ID } },
  "ours, closed, the mark at the end": {
    mark: RECORD_COUNT,
    cache: "not ours",
    isJava: false,
    meta: { ...SAME, state: "closed" },
    abort: undefined,
  },
  "ours, closed, the mark in the middle": {
    mark: MARK_INDEX,
    cache: "not ours",
    isJava: false,
    meta: { ...SAME, state: "closed" },
    abort: undefined,
  },
  "RocketMQ after ours had died": {
    mark: MARK_INDEX,
    cache: "not ours",
    isJava: true,
    meta: SAME,
    abort: "a broker's",
  },
  "RocketMQ after ours had died, closed": {
    mark: MARK_INDEX,
    cache: "not ours",
    isJava: true,
    meta: SAME,
    abort: undefined,
  },
  "RocketMQ alone, died": {
    mark: undefined,
    cache: "not ours",
    isJava: true,
    meta: undefined,
    abort: "a broker's",
  },
  "RocketMQ alone, closed": {
    mark: undefined,
    cache: "not ours",
    isJava: true,
    meta: undefined,
    abort: undefined,
  },
};

/** What is done to a record. */
export type Harm =
  | "a flipped byte in the body"
  | "a flipped byte in a length"
  | "zeros in its place"
  | "its second half and all behind it missing"
  | "its size word missing"
  | "its size word and half of its magic number missing";

/** Where it is done: a record by its number. */
export const PLACES: Readonly<Record<string, number>> = {
  "below the mark": MARK_INDEX - 2,
  "at the mark": MARK_INDEX,
  "above the mark": MARK_INDEX + 2,
  "the last record": RECORD_COUNT - 1,
};

/** How it is done. */
export const HARMS: Readonly<Record<Harm, (log: BuiltLog, index: number) => void>> = {
  "a flipped byte in the body": ({ bytes, records }, index) => {
    bytes[records[index].position + 110] ^= 0x20;
  },
  "a flipped byte in a length": ({ bytes, records }, index) => {
    bytes[records[index].position + 1] ^= 0x10;
  },
  "zeros in its place": ({ bytes, records }, index) => {
    const { position, byteLength } = records[index];
    bytes.fill(0, position, position + byteLength);
  },
  "its second half and all behind it missing": ({ bytes, records }, index) => {
    const { position, byteLength } = records[index];
    bytes.fill(0, position + byteLength / 2);
  },
  "its size word missing": ({ bytes, records }, index) => {
    bytes.fill(0, records[index].position, records[index].position + 4);
  },
  // The process was killed in the middle of a store into the mapping.
  "its size word and half of its magic number missing": ({ bytes, records }, index) => {
    bytes.fill(0, records[index].position, records[index].position + 6);
  },
};

/** A log in the making. */
export interface BuiltLog {
  /** The segment. */
  readonly bytes: Uint8Array;
  /** Where its records are. */
  readonly records: readonly { readonly position: number; readonly byteLength: number }[];
  /** All files of the store. */
  readonly content: () => Map<string, Uint8Array>;
}

/**
 * Builds a log.
 *
 * @param writer Who wrote last.
 * @returns The log; its bytes may be changed before `content()` is asked.
 */
export function buildLog(writer: Writer): BuiltLog {
  const kind = WRITERS[writer];
  const bytes = new Uint8Array(SEGMENT_BYTE_LENGTH);
  const records: { position: number; byteLength: number }[] = [];
  let position = 0;
  for (let index = 0; index < RECORD_COUNT; index++) {
    // What we wrote before a broker came has our checksum; all below the mark was ours.
    const isJava = kind.isJava && index >= (kind.mark ?? 0);
    const byteLength = putRecord(bytes, position, index, isJava);
    records.push({ position, byteLength });
    position += byteLength;
  }
  const end = position;
  const mark = records[kind.mark ?? 0]?.position ?? end;
  return { bytes, records, content: () => contentOf(kind, bytes, mark) };
}

function putRecord(bytes: Uint8Array, position: number, index: number, isJava: boolean): number {
  const body = `message ${index} ${"abcdefgh".repeat(20)}`;
  const prepared = prepareMessage({ topic: TOPIC, body, tags: "t" }, 1_700_000_000_000);
  const view = new DataView(bytes.buffer);
  encodeMessageInto(bytes, view, position, prepared, {
    queueOffset: index,
    position,
    storeTimestamp: 1_700_000_000_000 + index,
  });
  if (!isJava) return prepared.byteLength;
  // RocketMQ's records end with the other properties.
  const byteLength = prepared.byteLength - RECORD_CRC_BYTE_LENGTH;
  const propertiesByteLength = prepared.properties.length;
  bytes.fill(0, position + byteLength, position + prepared.byteLength);
  view.setInt32(position, byteLength);
  view.setInt16(position + byteLength - propertiesByteLength - 2, propertiesByteLength);
  return byteLength;
}

function contentOf(kind: WriterKind, segment: Uint8Array, mark: number): Map<string, Uint8Array> {
  const content = new Map([["commitlog/00000000000000000000", segment]]);
  if (kind.abort === "a broker's") content.set("abort", new TextEncoder().encode("4711"));
  if (kind.meta === undefined) return content;
  const meta: StreambedMeta = {
    generation: 1,
    storeId: "01234567-89ab-cdef-0123-456789abcdef",
    epoch: 1,
    bootId: UNKNOWN_BOOT_ID,
    mountId: UNKNOWN_MOUNT_ID,
    mark,
    geometry: { ...GEOMETRY, maxBodyByteLength: 4096 },
    state: "open",
    dispatched: 0,
    ranges: [{ from: 0, to: OPEN_END }],
    ...kind.meta,
  };
  const file = new Uint8Array(8192);
  file.set(encodeMetaSlot(meta), metaSlotOffset(meta.generation));
  content.set("streambed/meta", file);
  if (kind.abort === "ours") content.set("abort", new TextEncoder().encode(abortSignature(meta)));
  return content;
}

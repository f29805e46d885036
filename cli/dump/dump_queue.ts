/**
 * The files of queues in words, entry by entry.
 *
 * @module
 */
import {
  BATCH_QUEUE_ENTRY,
  decodeBatchQueueEntry,
  decodeQueueEntry,
  decodeQueueExtension,
  emptyBatchQueueEntry,
  emptyQueueEntry,
  EXTENSION_FILE_END,
  extensionAddress,
  isBatchQueueEntry,
  isPreBlankEntry,
  isQueueEntry,
  joinI64,
  QUEUE_ENTRY,
  UNSAFE_I64,
  viewOf,
} from "../../storage/layout/mod.ts";
import { timeText } from "../text.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DumpLine, DumpOptions } from "./dump_line.ts";

const EXTENSION_BYTE_LENGTH_MAX = 32_767;

/** What an entry is, apart from its number. */
interface EntryWords {
  /** `entry`, or what a stretch of such entries is. */
  readonly kind: "entry" | "placeholder" | "unwritten" | "invalid";
  readonly text: string;
  readonly data: Readonly<Record<string, number | string | null>>;
}

const STRETCHES: Readonly<Record<string, string>> = {
  placeholder: "placeholders below the queue's first entry",
  unwritten: "not written",
};

/** One line an entry, one for a stretch of unwritten entries; `base` is in bytes. */
export function dumpQueue(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  return dumpEntries(source, options, QUEUE_ENTRY.byteLength, queueEntryWords);
}

/** The same of a batch queue. */
export function dumpBatchQueue(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  return dumpEntries(source, options, BATCH_QUEUE_ENTRY.byteLength, batchEntryWords);
}

function* dumpEntries(
  source: ByteSource,
  { base = 0 }: DumpOptions,
  entryByteLength: number,
  words: (view: DataView) => EntryWords,
): Generator<DumpLine> {
  let stretch: { readonly kind: string; readonly from: number } | undefined;
  const first = base / entryByteLength;
  const count = Math.floor(source.byteLength / entryByteLength);
  for (let index = 0; index < count; index++) {
    const entry = words(viewOf(source.bytes(index * entryByteLength, entryByteLength)));
    if (stretch?.kind === entry.kind) continue;
    const number = first + index;
    if (stretch !== undefined) yield stretchLine(stretch, number);
    stretch = entry.kind in STRETCHES ? { kind: entry.kind, from: number } : undefined;
    if (stretch !== undefined) continue;
    yield { text: `${number} ${entry.text}`, data: { kind: entry.kind, number, ...entry.data } };
  }
  if (stretch !== undefined) yield stretchLine(stretch, first + count);
  const rest = source.byteLength - count * entryByteLength;
  if (rest === 0) return;
  const text = `${rest} bytes at the end are no whole entry`;
  yield { text, data: { kind: "rest", byteLength: rest } };
}

function stretchLine({ kind, from }: { kind: string; from: number }, to: number): DumpLine {
  const range = to - from === 1 ? `${from}` : `${from} to ${to - 1}`;
  return { text: `${range} ${STRETCHES[kind]}`, data: { kind, from, to } };
}

function queueEntryWords(view: DataView): EntryWords {
  const entry = emptyQueueEntry();
  decodeQueueEntry(view, 0, entry);
  const { position, byteLength, tagsCodeHigh, tagsCodeLow } = entry;
  const tags = tagsWords(tagsCodeHigh, tagsCodeLow);
  const data = { position, byteLength, ...tags.data };
  if (isPreBlankEntry(entry)) return { kind: "placeholder", text: "", data };
  if (!isQueueEntry(entry)) {
    const blank = position === 0 && byteLength === 0 && tagsCodeHigh === 0 && tagsCodeLow === 0;
    return blank
      ? { kind: "unwritten", text: "", data }
      : { kind: "invalid", text: `no entry: position ${position}, ${byteLength} bytes`, data };
  }
  return { kind: "entry", text: `position ${position}, ${byteLength} bytes, ${tags.text}`, data };
}

function batchEntryWords(view: DataView): EntryWords {
  const entry = emptyBatchQueueEntry();
  decodeBatchQueueEntry(view, 0, entry);
  const { position, byteLength, tagsCodeHigh, tagsCodeLow, storeTimestamp } = entry;
  const { baseOffset: offset, count } = entry;
  const tags = tagsWords(tagsCodeHigh, tagsCodeLow);
  const data = { position, byteLength, offset, count, storeTimestamp, ...tags.data };
  if (!isBatchQueueEntry(entry)) {
    const blank = position === 0 && byteLength === 0 && offset === 0 && count === 0;
    return { kind: blank ? "unwritten" : "invalid", text: "no entry", data };
  }
  const offsets = `offsets ${offset} to ${offset + count - 1}`;
  const stored = `stored ${timeText(storeTimestamp)}`;
  const text = `${offsets}: position ${position}, ${byteLength} bytes, ${tags.text}, ${stored}`;
  return { kind: "entry", text, data };
}

function tagsWords(
  high: number,
  low: number,
): { text: string; data: { tagsCode: string } | { extensionOffset: number } } {
  const extension = extensionAddress(high, low);
  if (extension !== undefined) {
    return { text: `tags in the extension at ${extension}`, data: { extensionOffset: extension } };
  }
  const value = joinI64(high, low);
  const tagsCode = value === UNSAFE_I64
    ? `0x${(high >>> 0).toString(16)}${(low >>> 0).toString(16).padStart(8, "0")}`
    : String(value);
  return { text: `tags code ${tagsCode}`, data: { tagsCode } };
}

/** One line a unit; `base` is the byte offset of the first in the extension. */
export function* dumpExtension(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  const base = options.base ?? 0;
  let at = 0;
  while (at + 2 <= source.byteLength) {
    const bytes = source.bytes(at, EXTENSION_BYTE_LENGTH_MAX);
    const unit = decodeQueueExtension(bytes, 0);
    if (unit === undefined) break;
    const { high, low } = unit.tagsCode;
    const { storeTimestamp, byteLength } = unit;
    const tags = tagsWords(high, low);
    const words = [tags.text, `stored ${timeText(storeTimestamp)}`, `${byteLength} bytes`];
    yield {
      text: `${base + at} ${words.join(", ")}`,
      data: {
        kind: "unit",
        offset: base + at,
        byteLength,
        storeTimestamp,
        bitmapByteLength: unit.bitmap.length,
        ...tags.data,
      },
    };
    at += byteLength;
  }
  if (at < source.byteLength) yield extensionEnd(source, at, base);
}

function extensionEnd(source: ByteSource, at: number, base: number): DumpLine {
  const bytes = source.bytes(at, 2);
  const size = bytes.length === 2 ? viewOf(bytes).getInt16(0) : 0;
  const state = size === EXTENSION_FILE_END
    ? "the file ends here"
    : size === 0
    ? "not written"
    : "damaged";
  return { text: `${base + at} ${state}`, data: { kind: "end", offset: base + at, state } };
}

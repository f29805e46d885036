/**
 * The files of one queue, read by `pread` in small pages, whatever state they are in.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import { listTopicFolder, queueFolder, type QueueKind, type QueueName } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import {
  BATCH_QUEUE_ENTRY,
  BATCH_QUEUE_FOLDER,
  type BatchQueueEntry,
  decodeBatchQueueEntry,
  decodeQueueEntry,
  decodeQueueExtension,
  emptyBatchQueueEntry,
  emptyQueueEntry,
  formatSegmentName,
  isBatchQueueEntry,
  isPreBlankEntry,
  isQueueEntry,
  parseSegmentName,
  QUEUE_ENTRY,
  QUEUE_EXTENSION_FOLDER,
  QUEUE_FOLDER,
  type QueueEntry,
  type TagsCode,
} from "../layout/mod.ts";
import { openBytes, type ReadableSegment, SegmentReader } from "../log/mod.ts";

const PAGE_ENTRY_COUNT = 100;
const EXTENSION_BYTE_LENGTH_MAX = 32_767;
const QUEUE_NAME = /^(0|[1-9][0-9]{0,9})$/;

/** Lists the queues of a kind that have a folder, sorted by name; other names are passed over. */
export function listQueues(directory: StoreDirectory, kind: QueueKind): QueueName[] {
  const queues: QueueName[] = [];
  const root = kind === "batch" ? BATCH_QUEUE_FOLDER : QUEUE_FOLDER;
  for (const topic of directory.list(root) ?? []) {
    if (topic.kind !== "directory") continue;
    for (const queue of listTopicFolder(directory, `${root}/${topic.name}`)) {
      if (!QUEUE_NAME.test(queue.name) || queue.kind !== "directory") continue;
      queues.push({ topic: topic.name, queueId: Number(queue.name), kind });
    }
  }
  return queues;
}

/** An entry of either kind; in a queue that is not a batch queue, `offset` is its number. */
export type Entry = QueueEntry & Pick<BatchQueueEntry, "count"> & { readonly offset: number };

/** The entries of one queue, as they are on disk: all of its files one after the other. */
export class QueueBytes {
  readonly path: string;
  /** First entry of the first file. */
  readonly from: number;
  /** After the last entry of the last file. */
  readonly to: number;
  /** What is wrong with the files, in words. */
  readonly faults: string[] = [];
  /** Files that never got their length: their maker died. */
  readonly empty: string[] = [];
  readonly #directory: StoreDirectory;
  readonly #extension: string;
  readonly #isBatch: boolean;
  readonly #entryByteLength: number;
  readonly #fileByteLength: number;
  readonly #reader: SegmentReader;

  /** `entriesPerFile` is what most files of its kind have. */
  constructor(directory: StoreDirectory, queue: QueueName, entriesPerFile: number) {
    this.#isBatch = queue.kind === "batch";
    const { byteLength } = this.#isBatch ? BATCH_QUEUE_ENTRY : QUEUE_ENTRY;
    this.#directory = directory;
    this.#extension = `${QUEUE_EXTENSION_FOLDER}/${queue.topic}/${queue.queueId}`;
    this.#entryByteLength = byteLength;
    this.#fileByteLength = entriesPerFile * byteLength;
    this.path = queueFolder(queue);
    const all = this.#list();
    this.from = (all[0]?.base ?? 0) / byteLength;
    this.to = (all.at(-1)?.end ?? 0) / byteLength;
    const windowByteLength = PAGE_ENTRY_COUNT * byteLength;
    this.#reader = new SegmentReader({ all }, { windowByteLength });
  }

  /** The entry of a number, whatever it says; `undefined` if none was written. */
  entry(number: number): Entry | undefined {
    const byteLength = this.#entryByteLength;
    const at = this.#reader.at(number * byteLength, byteLength);
    if (at < 0 || at + byteLength > this.#reader.bytes.length) return undefined;
    const { view } = this.#reader;
    return this.#isBatch ? batchEntry(view, at) : simpleEntry(view, at, number);
  }

  /** Gives the page back: an idle queue takes next to no memory. */
  release(): void {
    this.#reader.release();
  }

  /** The tags code behind an extension's address, or `undefined` if it cannot be had. */
  extendedTags(address: number): TagsCode | undefined {
    const directory = this.#directory;
    const folder = this.#extension;
    const first = directory.list(folder)?.find(({ name }) => parseSegmentName(name) !== undefined);
    const fileByteLength = first && directory.status(`${folder}/${first.name}`)?.byteLength;
    if (!fileByteLength) return undefined;
    const base = address - address % fileByteLength;
    const path = `${folder}/${formatSegmentName(base)}`;
    const bytes = new Uint8Array(EXTENSION_BYTE_LENGTH_MAX);
    const count = readOnce(directory, path, address - base, bytes);
    return decodeQueueExtension(bytes.subarray(0, count), 0)?.tagsCode;
  }

  #list(): ReadableSegment[] {
    const directory = this.#directory;
    const all: ReadableSegment[] = [];
    for (const { name, kind } of directory.list(this.path) ?? []) {
      const path = `${this.path}/${name}`;
      const base = parseSegmentName(name);
      // Java passes over folders here.
      if (base === undefined && kind === "directory") continue;
      const byteLength = directory.status(path)?.byteLength ?? 0;
      if (base === undefined || kind === "directory") {
        this.faults.push(`${quotePath(name)} is no file of a queue`);
      } else if (byteLength === 0) {
        this.empty.push(JSON.stringify(name));
      } else {
        const end = base + byteLength;
        const read = (at: number, target: Uint8Array) => readOnce(directory, path, at, target);
        if (byteLength === this.#fileByteLength && base % byteLength === 0) {
          all.push({ path, base, end, read });
        } else this.faults.push(this.#misfit(quotePath(name), byteLength));
      }
    }
    return all;
  }

  #misfit(name: string, byteLength: number): string {
    return byteLength === this.#fileByteLength
      ? `${name} does not begin where a file of ${byteLength} bytes may`
      : `${name} has ${byteLength} bytes, a file of a queue has ${this.#fileByteLength} here`;
  }
}

function simpleEntry(view: DataView, at: number, offset: number): Entry | undefined {
  const entry = emptyQueueEntry();
  decodeQueueEntry(view, at, entry);
  const { position, byteLength, tagsCodeHigh, tagsCodeLow } = entry;
  const isBlank = position === 0 && byteLength === 0 && tagsCodeHigh === 0 && tagsCodeLow === 0;
  if (isBlank || isPreBlankEntry(entry)) return undefined;
  return { ...entry, position: isQueueEntry(entry) ? position : -1, offset, count: 1 };
}

function batchEntry(view: DataView, at: number): Entry | undefined {
  const entry = emptyBatchQueueEntry();
  decodeBatchQueueEntry(view, at, entry);
  return isBatchQueueEntry(entry) ? { ...entry, offset: entry.baseOffset } : undefined;
}

/** Reads a file of a queue, which is open only meanwhile: a store may have many thousand queues. */
function readOnce(
  directory: StoreDirectory,
  path: string,
  offset: number,
  target: Uint8Array,
): number {
  const file = openBytes(directory, path);
  if (file === undefined) return 0;
  try {
    return file.read(offset, target);
  } finally {
    file.close();
  }
}

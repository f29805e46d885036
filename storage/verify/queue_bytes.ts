/**
 * The files of one queue, read by `pread` in small pages, whatever state they are in.
 *
 * @module
 */
import { type FileKind, quotePath } from "../../ffi/mod.ts";
import { listTopicFolder } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { parseSegmentName } from "../layout/mod.ts";
import { openBytes, type ReadableSegment, SegmentReader } from "../log/mod.ts";

const PAGE_ENTRY_COUNT = 100;
const QUEUE_NAME = /^(0|[1-9][0-9]{0,9})$/;

export interface QueueFolder {
  readonly topic: string;
  readonly queueId: number;
  readonly path: string;
}

/** Lists the queues that have a folder, sorted by name; other names are passed over. */
export function listQueues(directory: StoreDirectory, folder: string): QueueFolder[] {
  const queues: QueueFolder[] = [];
  for (const topic of directory.list(folder) ?? []) {
    if (topic.kind !== "directory" && topic.kind !== "unknown") continue;
    for (const { name, kind } of listTopicFolder(directory, `${folder}/${topic.name}`)) {
      const path = `${folder}/${topic.name}/${name}`;
      if (!QUEUE_NAME.test(name) || !isFolder(directory, path, kind)) continue;
      queues.push({ topic: topic.name, queueId: Number(name), path });
    }
  }
  return queues;
}

/** Some file systems do not tell the kind of a name in a listing. */
function isFolder(directory: StoreDirectory, path: string, kind: FileKind): boolean {
  return kind === "directory" ||
    (kind === "unknown" && directory.status(path)?.kind === "directory");
}

/** The entries of one queue, as they are on disk: all of its files one after the other. */
export class QueueBytes {
  readonly path: string;
  /** First entry of the first file. */
  readonly from: number;
  /** After the last entry of the last file. */
  readonly to: number;
  /** What is wrong with the files, in words. */
  readonly faults: readonly string[];
  /** Files that never got their length: their maker died. */
  readonly empty: readonly string[];
  /** Length of its files, bytes; 0 without any. */
  readonly fileByteLength: number;
  readonly #entryByteLength: number;
  readonly #reader: SegmentReader;

  constructor(directory: StoreDirectory, path: string, entryByteLength: number) {
    const { all, faults, empty, fileByteLength } = listFiles(directory, path, entryByteLength);
    this.path = path;
    this.faults = faults;
    this.empty = empty;
    this.fileByteLength = fileByteLength;
    this.from = (all[0]?.base ?? 0) / entryByteLength;
    this.to = (all.at(-1)?.end ?? 0) / entryByteLength;
    this.#entryByteLength = entryByteLength;
    const windowByteLength = PAGE_ENTRY_COUNT * entryByteLength;
    this.#reader = new SegmentReader({ all }, { windowByteLength });
  }

  /** The bytes that hold the entry that was asked for last. */
  get view(): DataView {
    return this.#reader.view;
  }

  /** Finds an entry: its offset in {@linkcode QueueBytes.view}, or -1 if no file holds it. */
  at(entry: number): number {
    const byteLength = this.#entryByteLength;
    const at = this.#reader.at(entry * byteLength, byteLength);
    return at >= 0 && at + byteLength <= this.#reader.bytes.length ? at : -1;
  }

  /** Gives the page back: an idle queue takes next to no memory. */
  release(): void {
    this.#reader.release();
  }
}

interface FileListing {
  readonly all: readonly ReadableSegment[];
  readonly faults: readonly string[];
  readonly empty: readonly string[];
  readonly fileByteLength: number;
}

function listFiles(
  directory: StoreDirectory,
  folder: string,
  entryByteLength: number,
): FileListing {
  const all: ReadableSegment[] = [];
  const faults: string[] = [];
  const empty: string[] = [];
  let fileByteLength = 0;
  for (const { name, kind } of directory.list(folder) ?? []) {
    const path = `${folder}/${name}`;
    const base = parseSegmentName(name);
    // Java passes over folders here.
    if (base === undefined && isFolder(directory, path, kind)) continue;
    const byteLength = directory.status(path)?.byteLength ?? 0;
    if (base === undefined || kind === "directory") {
      faults.push(`${quotePath(name)} is no file of a queue`);
      continue;
    }
    if (byteLength === 0) {
      empty.push(JSON.stringify(name));
      continue;
    }
    if (fileByteLength === 0) fileByteLength = byteLength - byteLength % entryByteLength;
    if (byteLength !== fileByteLength || base % byteLength !== 0) {
      faults.push(`${quotePath(name)} has ${byteLength} bytes, which does not fit`);
      continue;
    }
    const read = (offset: number, target: Uint8Array) => readOnce(directory, path, offset, target);
    all.push({ path, base, end: base + byteLength, read });
  }
  return { all, faults, empty, fileByteLength };
}

/** Reads a file of a queue, which is open only meanwhile: a store may have many thousand queues. */
export function readOnce(
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

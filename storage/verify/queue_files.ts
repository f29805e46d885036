/**
 * The files of one queue, read by `pread` in small pages, whatever state they are in.
 *
 * @module
 */
import { check, type FileKind, quotePath } from "../../ffi/mod.ts";
import { listTopicFolder } from "../derived/queue/mod.ts";
import { readFully, type StoreDirectory } from "../directory/mod.ts";
import { parseSegmentName } from "../layout/mod.ts";

const PAGE_ENTRY_COUNT = 100;
const QUEUE_NAME = /^(0|[1-9][0-9]{0,9})$/;
const NO_BYTES = new Uint8Array(0);

/** A queue that has a folder. */
export interface QueueFolder {
  /** Topic. */
  readonly topic: string;
  /** Number of the queue in its topic. */
  readonly queueId: number;
  /** Path of the folder. */
  readonly path: string;
}

/**
 * Lists the queues that have a folder.
 *
 * @param directory The store's directory.
 * @param folder The folder of all queues of a kind.
 * @returns The queues, sorted by name. What is no folder of a queue is passed over.
 */
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

/** Some file systems do not say in a listing what a name stands for. */
function isFolder(directory: StoreDirectory, path: string, kind: FileKind): boolean {
  return kind === "directory" ||
    (kind === "unknown" && directory.status(path)?.kind === "directory");
}

/** The entries of one queue, as they are on disk: all of its files one after the other. */
export class QueueFiles {
  /** Path of the queue's folder. */
  readonly path: string;
  /** Number of the first entry of the first file. */
  readonly from: number;
  /** Number after the last entry of the last file. */
  readonly to: number;
  /** What is wrong with the files, in words. */
  readonly faults: readonly string[];
  /** Files that were made and never got their length: who made them died. */
  readonly empty: readonly string[];
  /** Length of its files, bytes; 0 if there is none. */
  readonly fileByteLength: number;
  /** The bytes of the entry that was asked for last. */
  view: DataView = new DataView(NO_BYTES.buffer);
  readonly #directory: StoreDirectory;
  readonly #entryByteLength: number;
  readonly #bases: ReadonlyMap<number, string>;
  #pageFrom = 0;
  #pageTo = 0;

  /**
   * Lists the files of a queue.
   *
   * @param directory The store's directory.
   * @param path Path of the queue's folder.
   * @param entryByteLength Bytes of an entry.
   */
  constructor(directory: StoreDirectory, path: string, entryByteLength: number) {
    const { bases, faults, empty, fileByteLength } = listFiles(directory, path, entryByteLength);
    this.path = path;
    this.faults = faults;
    this.empty = empty;
    this.#directory = directory;
    this.#entryByteLength = entryByteLength;
    this.fileByteLength = fileByteLength;
    this.#bases = bases;
    const starts = [...bases.keys()].sort((a, b) => a - b);
    this.from = (starts[0] ?? 0) / entryByteLength;
    this.to = starts.length === 0 ? 0 : (starts.at(-1)! + fileByteLength) / entryByteLength;
  }

  /**
   * Finds an entry.
   *
   * @param entry Its number.
   * @returns Its offset in {@linkcode QueueFiles.view}, or -1 if no file holds it.
   */
  at(entry: number): number {
    if (entry < this.#pageFrom || entry >= this.#pageTo) this.#load(entry);
    return entry < this.#pageTo && entry >= this.#pageFrom
      ? (entry - this.#pageFrom) * this.#entryByteLength
      : -1;
  }

  /** Gives the page back: an idle queue takes next to no memory. */
  release(): void {
    this.view = new DataView(NO_BYTES.buffer);
    this.#pageFrom = 0;
    this.#pageTo = 0;
  }

  #load(entry: number): void {
    this.release();
    const byteOffset = entry * this.#entryByteLength;
    if (this.fileByteLength === 0 || byteOffset < 0) return;
    const base = byteOffset - byteOffset % this.fileByteLength;
    const name = this.#bases.get(base);
    if (name === undefined) return;
    const file = this.#directory.openFile(`${this.path}/${name}`);
    if (file === undefined) return;
    const room = base + this.fileByteLength - byteOffset;
    const page = new Uint8Array(Math.min(room, PAGE_ENTRY_COUNT * this.#entryByteLength));
    const read = readFully(this.#directory.libc, file.descriptor, page, byteOffset - base);
    this.#directory.libc.close(file.descriptor);
    const count = Math.floor(check(read, "read", `${this.path}/${name}`) / this.#entryByteLength);
    this.view = new DataView(page.buffer);
    this.#pageFrom = entry;
    this.#pageTo = entry + count;
  }
}

interface FileListing {
  readonly bases: Map<number, string>;
  readonly faults: string[];
  readonly empty: string[];
  readonly fileByteLength: number;
}

function listFiles(
  directory: StoreDirectory,
  path: string,
  entryByteLength: number,
): FileListing {
  const bases = new Map<number, string>();
  const faults: string[] = [];
  const empty: string[] = [];
  let fileByteLength = 0;
  for (const { name, kind } of directory.list(path) ?? []) {
    const base = parseSegmentName(name);
    // Java passes over folders here.
    if (base === undefined && isFolder(directory, `${path}/${name}`, kind)) continue;
    const byteLength = directory.status(`${path}/${name}`)?.byteLength ?? 0;
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
    } else bases.set(base, name);
  }
  return { bases, faults, empty, fileByteLength };
}

/**
 * A disk that is nothing but bytes by path: it can be copied, damaged and thrown away millions of
 * times.
 *
 * @module
 */

/** What a disk holds, by path below its root. */
export type DiskContent = ReadonlyMap<string, Uint8Array>;

/** One file. */
export class MemoryFile {
  /** Inode number. */
  readonly number: number;
  #bytes: Uint8Array;
  #isShared: boolean;

  /** Makes a file of bytes that belong to somebody else until it is written to. */
  constructor(number: number, bytes: Uint8Array) {
    this.number = number;
    this.#bytes = bytes;
    this.#isShared = true;
  }

  /** What is in it; not to be changed. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The bytes, the file's own, at least `byteLength` of them. */
  own(byteLength: number): Uint8Array {
    if (!this.#isShared && byteLength <= this.#bytes.length) return this.#bytes;
    const bytes = new Uint8Array(Math.max(byteLength, this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#isShared = false;
    return bytes;
  }
}

/** Files and folders. A folder is there if it was made, or if anything is in it. */
export class MemoryDisk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #folders = new Map<string, Set<string>>([["", new Set()]]);
  #number = 0;

  /** Fills a disk. The bytes are copied when they are first changed. */
  constructor(content: DiskContent = new Map()) {
    for (const [path, bytes] of content) this.make(path, bytes);
  }

  /** What is on it now. */
  content(): Map<string, Uint8Array> {
    return new Map([...this.#files].map(([path, file]) => [path, file.bytes.slice()]));
  }

  /** The file of a name. */
  file(path: string): MemoryFile | undefined {
    return this.#files.get(path);
  }

  /** The names in a folder, or `undefined` if it is not there. */
  names(path: string): ReadonlySet<string> | undefined {
    return this.#folders.get(path);
  }

  /** Makes a file; its folders are made too. */
  make(path: string, bytes: Uint8Array): MemoryFile {
    const file = new MemoryFile(++this.#number, bytes);
    this.#files.set(path, file);
    this.#enter(path);
    return file;
  }

  /** Makes a folder and those above it. */
  makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#folders.set(path, new Set());
    this.#enter(path);
  }

  /** Gives a file another name. */
  rename(from: string, to: string): boolean {
    const file = this.#files.get(from);
    if (file === undefined) return false;
    this.remove(from);
    this.#files.set(to, file);
    this.#enter(to);
    return true;
  }

  /** Takes a file's name away. */
  remove(path: string): boolean {
    const [folder, name] = split(path);
    this.#folders.get(folder)?.delete(name);
    return this.#files.delete(path);
  }

  /** Removes an empty folder. */
  removeFolder(path: string): boolean {
    if (this.#folders.get(path)?.size !== 0) return false;
    const [folder, name] = split(path);
    this.#folders.get(folder)?.delete(name);
    return this.#folders.delete(path);
  }

  #enter(path: string): void {
    const [folder, name] = split(path);
    this.makeFolder(folder);
    this.#folders.get(folder)!.add(name);
  }
}

function split(path: string): readonly [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return at < 0 ? ["", path] : [path.slice(0, at), path.slice(at + 1)];
}

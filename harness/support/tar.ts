/**
 * Reading tar archives: as much of POSIX ustar and pax as GNU tar, bsdtar and Python write for
 * plain files and directories. The machine that runs the tests need not have `tar`.
 *
 * A kind of entry that is not understood (a link, a device, a sparse map) is an error and is never
 * skipped, because a store with a file missing is another store.
 *
 * @module
 */
import { chmod, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";

const BLOCK = 512;
const PAGE = 4096;

/** Not the archive's modes: a writer refuses a store that others may write to. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** The fields of a ustar header that matter here: where each starts and how many bytes it has. */
const FIELDS = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 5],
  prefix: [345, 155],
} as const;

/** One file or directory of an archive. */
export interface TarEntry {
  /** Path inside the archive, without a slash at either end. */
  readonly path: string;
  /** What it is. */
  readonly kind: "file" | "directory";
  /** Content of a file: a view of the archive; empty for a directory. */
  readonly body: Uint8Array;
}

interface Block {
  readonly type: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly next: number;
}

/**
 * Goes through an archive.
 *
 * @param archive The bytes of an uncompressed archive.
 * @returns The entries in their order.
 * @throws {Error} If the archive is damaged, cut off, or holds something other than files and
 * directories.
 */
export function* readTar(archive: Uint8Array): Generator<TarEntry, void> {
  let longPath: string | undefined;
  let at = 0;
  while (!isEnd(archive, at)) {
    const block = readBlock(archive, at);
    if (block.type === "x") longPath = paxPath(block.body) ?? longPath;
    else if (block.type === "L") longPath = text(block.body);
    else {
      yield toEntry(block, longPath ?? block.path, at);
      longPath = undefined;
    }
    at = block.next;
  }
}

/**
 * Writes the files of an archive. Pages of zeros become holes, as they are in the sparse files of a
 * store. Times are those of now and not the archive's: Java's retention goes by them.
 *
 * @param archive The bytes of an uncompressed archive.
 * @param directory Where to; it must exist.
 */
export async function extractTar(archive: Uint8Array, directory: string): Promise<void> {
  for (const { path, kind, body } of readTar(archive)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true, mode: DIRECTORY_MODE });
    if (kind === "file") await writeSparse(target, body);
    else {
      await mkdir(target, { recursive: true });
      await chmod(target, DIRECTORY_MODE);
    }
  }
}

function isEnd(archive: Uint8Array, at: number): boolean {
  if (at + BLOCK > archive.byteLength) {
    throw new Error(`Cannot read the archive at ${at}: it is cut off`);
  }
  return isZero(archive.subarray(at, at + BLOCK));
}

function readBlock(archive: Uint8Array, at: number): Block {
  const header = archive.subarray(at, at + BLOCK);
  if (field(header, "magic") !== "ustar" || checksum(header) !== octal(header, "checksum")) {
    throw new Error(`Cannot read the archive at ${at}: this is no ustar header`);
  }
  const byteLength = octal(header, "size");
  const from = at + BLOCK;
  if (from + byteLength > archive.byteLength) {
    throw new Error(`Cannot read the archive at ${at}: the content is cut off`);
  }

  const prefix = field(header, "prefix");
  const name = field(header, "name");
  return {
    type: field(header, "type"),
    path: prefix === "" ? name : `${prefix}/${name}`,
    body: archive.subarray(from, from + byteLength),
    next: from + Math.ceil(byteLength / BLOCK) * BLOCK,
  };
}

function toEntry(block: Block, path: string, at: number): TarEntry {
  const isDirectory = block.type === "5";
  // Archives older than ustar mark a file with a NUL, which reads as an empty field.
  if (!isDirectory && block.type !== "0" && block.type !== "") {
    throw new Error(`Cannot read the archive at ${at}: entry type "${block.type}" is not known`);
  }

  const trimmed = path.replace(/\/+$/, "");
  if (trimmed.startsWith("/") || trimmed.split("/").some((part) => part === ".." || part === "")) {
    throw new Error(`Cannot read the archive at ${at}: path "${trimmed}" leads out of it`);
  }
  return {
    path: trimmed,
    kind: isDirectory ? "directory" : "file",
    body: isDirectory ? new Uint8Array(0) : block.body,
  };
}

/** The `path` of a pax header, whose records are `<length> <key>=<value>\n` in UTF-8. */
function paxPath(body: Uint8Array): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < body.byteLength;) {
    const byteLength = Number.parseInt(text(body.subarray(at, at + 12)), 10);
    const record = text(body.subarray(at, at + byteLength));
    const [, key, value] = /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(record) ?? [];
    if (key === undefined || key.startsWith("GNU.sparse.") || key === "size") {
      throw new Error(`Cannot read the archive: pax record "${record}" is not known`);
    }
    if (key === "path") path = value;
    at += byteLength;
  }
  return path;
}

async function writeSparse(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.chmod(FILE_MODE);
    await file.truncate(body.byteLength);
    for (let at = 0; at < body.byteLength; at += PAGE) {
      const page = body.subarray(at, at + PAGE);
      if (!isZero(page)) await file.write(page, 0, page.byteLength, at);
    }
  } finally {
    await file.close();
  }
}

function field(header: Uint8Array, name: keyof typeof FIELDS): string {
  const [from, byteLength] = FIELDS[name];
  return text(header.subarray(from, from + byteLength));
}

function octal(header: Uint8Array, name: keyof typeof FIELDS): number {
  const digits = field(header, name).trim();
  if (!/^[0-7]+$/.test(digits)) throw new Error(`Cannot read the archive: ${name} is not octal`);
  return Number.parseInt(digits, 8);
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Uint8Array): number {
  const [from, byteLength] = FIELDS.checksum;
  return header.reduce(
    (sum, byte, at) => sum + (at >= from && at < from + byteLength ? 0x20 : byte),
    0,
  );
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * Writing a tar archive of files, the same bytes for the same files: as npm makes its own.
 *
 * @module
 */

const BLOCK = 512;
const END_BLOCK_COUNT = 2;
const NAME_BYTE_LENGTH = 100;
const PREFIX_BYTE_LENGTH = 155;

/** The time that npm gives every file: some archivers refuse 1970. */
const MODIFIED_SECONDS = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** A file of an archive. */
export interface ArchiveFile {
  /** Path inside the archive. */
  readonly path: string;
  /** Content. */
  readonly body: Uint8Array;
  /** Whether it is a program. */
  readonly isExecutable: boolean;
}

/**
 * Makes an archive.
 *
 * @param files The files; they are put in the order of their paths.
 * @returns The bytes of a ustar archive, not compressed.
 * @throws {RangeError} If a path is too long for ustar.
 */
export function writeTar(files: readonly ArchiveFile[]): Uint8Array {
  const sorted = files.toSorted((one, other) => one.path < other.path ? -1 : 1);
  const blockCount = sorted.reduce((sum, { body }) => sum + 1 + blocksOf(body), END_BLOCK_COUNT);
  const archive = new Uint8Array(blockCount * BLOCK);
  let at = 0;
  for (const file of sorted) {
    archive.set(header(file), at);
    archive.set(file.body, at + BLOCK);
    at += (1 + blocksOf(file.body)) * BLOCK;
  }
  return archive;
}

function blocksOf(body: Uint8Array): number {
  return Math.ceil(body.byteLength / BLOCK);
}

function header({ path, body, isExecutable }: ArchiveFile): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const { name, prefix } = splitPath(path);
  put(0, name);
  put(100, octal(isExecutable ? 0o755 : 0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(body.byteLength, 11));
  put(136, octal(MODIFIED_SECONDS, 11));
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(345, prefix);
  put(148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return block;
}

function octal(value: number, length: number): string {
  return value.toString(8).padStart(length, "0");
}

function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (path.length <= NAME_BYTE_LENGTH) return { name: path, prefix: "" };
  const slash = path.indexOf("/", path.length - NAME_BYTE_LENGTH - 1);
  if (slash < 0 || slash > PREFIX_BYTE_LENGTH) {
    throw new RangeError(`Cannot archive "${path}": its path is too long for ustar`);
  }
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

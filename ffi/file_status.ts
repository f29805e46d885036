/**
 * `statx`: what a file is.
 *
 * @module
 */
import { readI64, readU64 } from "./c_struct.ts";
import type { CallContext } from "./call_context.ts";
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, FileKind, FileStatus, Libc } from "./libc.ts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  PERMISSION_BITS,
  STATX_BASIC_STATS,
  STATX_MNT_ID_UNIQUE,
} from "./linux_abi.ts";
import { STATX } from "./linux_structs.ts";

export type StatusCalls = Pick<Libc, "fstat" | "statx">;

const MASK = STATX_BASIC_STATS | STATX_MNT_ID_UNIQUE;
const FLAGS = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
// A block of `st_blocks` always has this length.
const BLOCK_BYTE_LENGTH = 512;

// A directory entry's type is the kind bits of the mode shifted right by 12.
const KINDS: ReadonlyMap<number, FileKind> = new Map([
  [0o01, "fifo"],
  [0o02, "character"],
  [0o04, "directory"],
  [0o06, "block"],
  [0o10, "file"],
  [0o12, "link"],
  [0o14, "socket"],
]);

/** Decodes the type of a directory entry, or the upper four bits of a mode. */
export function fileKind(type: number): FileKind {
  return KINDS.get(type) ?? "unknown";
}

/** Whether two looks saw one file, whatever its name was. */
export function isSameFile(one: FileStatus, other: FileStatus): boolean {
  return one.inodeLow === other.inodeLow && one.inodeHigh === other.inodeHigh &&
    one.device === other.device;
}

export function makeStatusCalls(context: CallContext): StatusCalls {
  const bytes = new Uint8Array(STATX.byteLength);
  const decoder = new StatusDecoder(new DataView(bytes.buffer));

  function status(syscall: string, descriptor: Descriptor, path: string): Outcome<FileStatus> {
    const put = context.path.put(path, syscall);
    if (failed(put)) return put;
    const result = context.retried(
      syscall,
      () =>
        context.calls.statx(
          context.numbers.statx,
          descriptor,
          context.path.bytes,
          FLAGS,
          MASK,
          bytes,
        ),
    );
    return failed(result) ? result : decoder.decode();
  }

  return {
    fstat: (descriptor) => status("fstat", descriptor, ""),
    statx: (directory, path) => status("statx", directory, path),
  };
}

/** Reads `struct statx`. */
class StatusDecoder {
  readonly #view: DataView;
  // Nearly all files are on one mount, and formatting its id costs more than the rest.
  #mountHigh = 0;
  #mountLow = 0;
  #mountId = "0".repeat(16);

  constructor(view: DataView) {
    this.#view = view;
  }

  decode(): FileStatus {
    const view = this.#view;
    const { at } = STATX;
    const mode = view.getUint16(at.mode, true);
    return {
      kind: fileKind(mode >>> 12),
      mode: mode & PERMISSION_BITS,
      linkCount: view.getUint32(at.nlink, true),
      userId: view.getUint32(at.uid, true),
      groupId: view.getUint32(at.gid, true),
      byteLength: readU64(view, at.length),
      allocatedByteLength: readU64(view, at.blocks) * BLOCK_BYTE_LENGTH,
      modifiedMs: readI64(view, at.mtimeSeconds) * 1e3 +
        view.getUint32(at.mtimeNanoseconds, true) / 1e6,
      device: view.getUint32(at.deviceMajor, true) * 2 ** 20 +
        view.getUint32(at.deviceMinor, true),
      inodeHigh: view.getUint32(at.ino + 4, true),
      inodeLow: view.getUint32(at.ino, true),
      mountId: this.#readMountId(),
    };
  }

  #readMountId(): string {
    const view = this.#view;
    const { at } = STATX;
    if ((view.getUint32(at.mask, true) & STATX_MNT_ID_UNIQUE) === 0) return "";
    const high = view.getUint32(at.mountId + 4, true);
    const low = view.getUint32(at.mountId, true);
    if (high !== this.#mountHigh || low !== this.#mountLow) {
      this.#mountHigh = high;
      this.#mountLow = low;
      this.#mountId = hexadecimal(high) + hexadecimal(low);
    }
    return this.#mountId;
  }
}

function hexadecimal(word: number): string {
  return word.toString(16).padStart(8, "0");
}

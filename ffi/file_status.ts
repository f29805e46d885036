/**
 * `statx`: what a file is.
 *
 * @module
 */
import { readI64, readU64 } from "./c_struct.ts";
import type { CallContext } from "./call_context.ts";
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, FileKind, FileStatus, Libc, StatusHow } from "./libc.ts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  PERMISSION_BITS,
  STATX_BASIC_STATS,
  STATX_MNT_ID_UNIQUE,
  STATX_TIMES,
} from "./linux_abi.ts";
import { STATX } from "./linux_structs.ts";

export type StatusCalls = Pick<Libc, "fstat" | "statx">;

const MASK = STATX_BASIC_STATS | STATX_MNT_ID_UNIQUE;
const MASK_WITHOUT_TIMES = MASK & ~STATX_TIMES;
const WITH_TIMES: StatusHow = { times: true };

/** For looks at what is being written to: see {@linkcode StatusHow}. */
export const WITHOUT_TIMES: StatusHow = { times: false };

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
  const view = new DataView(bytes.buffer);
  const mountIdOf = makeMountIds();

  function status(
    syscall: string,
    descriptor: Descriptor,
    path: string,
    hasTimes: boolean,
  ): Outcome<FileStatus> {
    const mask = hasTimes ? MASK : MASK_WITHOUT_TIMES;
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
          mask,
          bytes,
        ),
    );
    return failed(result) ? result : decodeStatus(view, hasTimes, mountIdOf);
  }

  return {
    fstat: (descriptor, how = WITH_TIMES) => status("fstat", descriptor, "", how.times),
    statx: (directory, path, how = WITH_TIMES) => status("statx", directory, path, how.times),
  };
}

function decodeStatus(
  view: DataView,
  hasTimes: boolean,
  mountIdOf: (high: number, low: number) => string,
): FileStatus {
  const { at } = STATX;
  const mode = view.getUint16(at.mode, true);
  const hasMountId = (view.getUint32(at.mask, true) & STATX_MNT_ID_UNIQUE) !== 0;
  return {
    kind: fileKind(mode >>> 12),
    mode: mode & PERMISSION_BITS,
    linkCount: view.getUint32(at.nlink, true),
    userId: view.getUint32(at.uid, true),
    groupId: view.getUint32(at.gid, true),
    byteLength: readU64(view, at.length),
    allocatedByteLength: readU64(view, at.blocks) * BLOCK_BYTE_LENGTH,
    // Some file systems give them unasked.
    modifiedMs: hasTimes
      ? readI64(view, at.mtimeSeconds) * 1e3 + view.getUint32(at.mtimeNanoseconds, true) / 1e6
      : NaN,
    device: view.getUint32(at.deviceMajor, true) * 2 ** 20 +
      view.getUint32(at.deviceMinor, true),
    inodeHigh: view.getUint32(at.ino + 4, true),
    inodeLow: view.getUint32(at.ino, true),
    mountId: hasMountId
      ? mountIdOf(view.getUint32(at.mountId + 4, true), view.getUint32(at.mountId, true))
      : "",
  };
}

/** Formats ids, and remembers the last: nearly all files are on one mount. */
function makeMountIds(): (high: number, low: number) => string {
  let last = { high: 0, low: 0, id: hexadecimal(0) + hexadecimal(0) };
  return (high, low) => {
    if (high !== last.high || low !== last.low) {
      last = { high, low, id: hexadecimal(high) + hexadecimal(low) };
    }
    return last.id;
  };
}

function hexadecimal(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/**
 * Calls on open files: reading, writing, allocating, syncing.
 *
 * @module
 */
import { readI64, readU64, writeI64 } from "./c_struct.ts";
import { type CallContext, integer } from "./call_context.ts";
import { Errno, failed, type Outcome } from "./errno.ts";
import { errnoName } from "./errno_names.ts";
import type { Descriptor, FileSystemStatus, Libc } from "./libc.ts";
import { fileSystemName } from "./file_systems.ts";
import { SEEK_DATA, SEEK_HOLE } from "./linux_abi.ts";
import { STATFS } from "./linux_structs.ts";

export type FileCalls = ByteCalls & StateCalls;

/** What moves bytes. */
type ByteCalls = Pick<
  Libc,
  "pread" | "pwrite" | "pwriteAsync" | "seek" | "read" | "sendfile" | "sendfileAsync"
>;

type StateCalls = Pick<
  Libc,
  | "close"
  | "fsync"
  | "fsyncAsync"
  | "fdatasync"
  | "fdatasyncAsync"
  | "fallocate"
  | "fallocateAsync"
  | "fadvise"
  | "ftruncate"
  | "fchmod"
  | "fchown"
  | "fstatfs"
>;

export function fileCalls(context: CallContext): FileCalls {
  return { ...byteCalls(context), ...stateCalls(context) };
}

function byteCalls(context: CallContext): ByteCalls {
  const { calls } = context;

  return {
    pread(descriptor, target, position) {
      const at = integer(position);
      return context.retried("pread", () => calls.pread(descriptor, target, target.length, at));
    },
    pwrite(descriptor, source, position) {
      const at = integer(position);
      return context.retried("pwrite", () => calls.pwrite(descriptor, source, source.length, at));
    },
    pwriteAsync(descriptor, source, position) {
      const at = integer(position);
      const call = () => calls.pwriteAsync(descriptor, source, source.length, at);
      return context.settled("pwrite", call, source);
    },
    seek(descriptor, position, to) {
      const from = integer(position);
      const whence = to === "data" ? SEEK_DATA : SEEK_HOLE;
      return context.retried("lseek", () => Number(calls.seek(descriptor, from, whence)));
    },
    read: (descriptor, target) =>
      context.retried("read", () => calls.read(descriptor, target, target.length)),
    sendfile(target, source, position, byteLength) {
      const offset = offsetBytes(position);
      const length = integer(byteLength);
      return context.retried("sendfile", () => calls.sendfile(target, source, offset, length));
    },
    sendfileAsync(target, source, position, byteLength) {
      const offset = offsetBytes(position);
      const length = integer(byteLength);
      const call = () => calls.sendfileAsync(target, source, offset, length);
      return context.settled("sendfile", call, offset);
    },
  };
}

function stateCalls(context: CallContext): StateCalls {
  const { calls } = context;

  return {
    close(descriptor) {
      if (context.opened.close(descriptor) >= 0) return 0;
      const failure = context.failure("close");
      // Linux has closed it all the same; a second close would hit another file's descriptor.
      return failure.code === "EINTR" ? 0 : failure;
    },
    fsync: (descriptor) => context.retried("fsync", () => calls.fsync(descriptor)),
    fsyncAsync: (descriptor) => context.settled("fsync", () => calls.fsyncAsync(descriptor)),
    fdatasync: (descriptor) => context.retried("fdatasync", () => calls.fdatasync(descriptor)),
    fdatasyncAsync: (descriptor) =>
      context.settled("fdatasync", () => calls.fdatasyncAsync(descriptor)),
    fallocate(descriptor, mode, offset, byteLength) {
      const [from, length] = [integer(offset), integer(byteLength)];
      return context.retried("fallocate", () => calls.fallocate(descriptor, mode, from, length));
    },
    fallocateAsync(descriptor, mode, offset, byteLength) {
      const [from, length] = [integer(offset), integer(byteLength)];
      const call = () => calls.fallocateAsync(descriptor, mode, from, length);
      return context.settled("fallocate", call);
    },
    fadvise(descriptor, position, byteLength, advice) {
      const [from, length] = [integer(position), integer(byteLength)];
      // It does not set errno.
      const errno = calls.posix_fadvise(descriptor, from, length, advice);
      return errno === 0 ? 0 : new Errno(errnoName(errno), errno, "posix_fadvise");
    },
    ftruncate(descriptor, byteLength) {
      const length = integer(byteLength);
      return context.retried("ftruncate", () => calls.ftruncate(descriptor, length));
    },
    fchmod: (descriptor, mode) => context.retried("fchmod", () => calls.fchmod(descriptor, mode)),
    fchown: (descriptor, userId, groupId) =>
      context.retried("fchown", () => calls.fchown(descriptor, userId, groupId)),
    fstatfs: (descriptor) => readFileSystem(context, descriptor),
  };
}

function offsetBytes(position: number): Uint8Array {
  const bytes = new Uint8Array(8);
  writeI64(new DataView(bytes.buffer), 0, integer(position));
  return bytes;
}

function readFileSystem(context: CallContext, descriptor: Descriptor): Outcome<FileSystemStatus> {
  const bytes = new Uint8Array(STATFS.byteLength);
  const result = context.retried("fstatfs", () => context.calls.fstatfs(descriptor, bytes));
  if (failed(result)) return result;

  const view = new DataView(bytes.buffer);
  const { at } = STATFS;
  const type = view.getUint32(at.type, true);
  const unit = readI64(view, at.fragmentBytes) || readI64(view, at.blockBytes);
  return {
    type,
    name: fileSystemName(type),
    totalByteLength: readU64(view, at.blocks) * unit,
    availableByteLength: readU64(view, at.blocksAvailable) * unit,
  };
}

/**
 * The simulated calls that change a file's blocks, length and mode.
 *
 * @module
 */
import type { Libc, Outcome } from "../../../ffi/mod.ts";
import { growFile, setFileLength } from "./file_length.ts";
import { SimInotify } from "./inotify.ts";
import { pageCount, SimFile } from "./nodes.ts";
import { type CallRange, checkFileLimit, later, onFile, type OpenFile } from "./open_file.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { failure, type SimProcess } from "./sim_process.ts";

/** The part of `Libc` that this file makes. */
export type SpaceCalls = Pick<
  Libc,
  "fallocate" | "fallocateAsync" | "fadvise" | "ftruncate" | "fchmod" | "fchown"
>;

const MODE_BITS = 0o7777;

/** Makes the calls of a process that change a file's blocks, length and mode. */
export function spaceCalls(process: SimProcess): SpaceCalls {
  return {
    fallocate: (descriptor, mode, position, byteLength) => {
      const range = { position, byteLength };
      return onFile(
        process,
        "fallocate",
        descriptor,
        range,
        (open) => allocate(process, open, mode, range),
      );
    },
    fallocateAsync: (descriptor, mode, position, byteLength) => {
      const range = { position, byteLength };
      return later(
        process,
        "fallocateAsync",
        descriptor,
        range,
        (open) => () => allocate(process, open, mode, range),
      );
    },
    // Nothing is read ahead there.
    fadvise: (descriptor) =>
      process.description(descriptor) === undefined ? failure("EBADF", "fadvise") : 0,
    ftruncate: (descriptor, byteLength) =>
      onFile(
        process,
        "ftruncate",
        descriptor,
        { position: byteLength, byteLength: 0 },
        (open) => truncate(process, open, byteLength),
      ),
    fchmod: (descriptor, mode) => changeMode(process, descriptor, mode),
    fchown: (descriptor) => changeOwner(process, descriptor),
  };
}

function allocate(process: SimProcess, open: OpenFile, mode: number, range: CallRange): Outcome {
  const { kernel } = process;
  const { constants } = kernel;
  const { file, verdict } = open;
  const { position, byteLength } = range;
  if (!open.description.writable) return failure("EBADF", "fallocate");
  if (position < 0 || byteLength <= 0) return failure("EINVAL", "fallocate");
  checkFileLimit(process, position + byteLength);

  const zero = (mode & constants.FALLOC_FL_ZERO_RANGE) !== 0;
  const punch = (mode & constants.FALLOC_FL_PUNCH_HOLE) !== 0;
  const keep = (mode & constants.FALLOC_FL_KEEP_SIZE) !== 0;
  if (zero && kernel.fileSystem === "tmpfs") return failure("EOPNOTSUPP", "fallocate");
  if (punch && !keep) return failure("EOPNOTSUPP", "fallocate");
  if (verdict.fail !== undefined && (zero || punch)) return failure(verdict.fail, "fallocate");
  if (zero || punch) file.clear(position, position + byteLength, kernel.nextSequence());
  if (punch) {
    file.release(pageCount(position), Math.floor((position + byteLength) / PAGE_BYTE_LENGTH));
    file.changed();
    return 0;
  }
  return takeBlocks(process, file, range, keep, verdict.fail);
}

/** Allocates and grows; a device that is full, or said to be, leaves what it got on ext4. */
function takeBlocks(
  process: SimProcess,
  file: SimFile,
  { position, byteLength }: CallRange,
  keep: boolean,
  fail: string | undefined,
): Outcome {
  const { kernel } = process;
  const first = Math.floor(position / PAGE_BYTE_LENGTH);
  const last = pageCount(position + byteLength);
  const enough = file.hasSpaceFor(file.missing(first, last));
  if (fail !== undefined && fail !== "ENOSPC") return failure(fail, "fallocate");
  if ((fail !== undefined || !enough) && kernel.fileSystem === "tmpfs") {
    return failure("ENOSPC", "fallocate");
  }
  const upTo = fail === undefined ? last : first + kernel.choices.draw(last - first);
  const got = file.allocateRange(first, upTo);
  if (!keep) growFile(kernel, file, Math.min(position + byteLength, got * PAGE_BYTE_LENGTH));
  file.changed();
  return got === last ? 0 : failure("ENOSPC", "fallocate");
}

function truncate(process: SimProcess, open: OpenFile, byteLength: number): Outcome {
  if (!open.description.writable) return failure("EINVAL", "ftruncate");
  if (byteLength < 0) return failure("EINVAL", "ftruncate");
  checkFileLimit(process, byteLength);
  setFileLength(process.kernel, open.file, byteLength);
  process.kernel.notifyModified(open.file);
  return 0;
}

function changeMode(process: SimProcess, descriptor: number, mode: number): Outcome {
  const description = process.description(descriptor);
  const verdict = process.enter("fchmod", { path: description?.path });
  if (verdict.fail !== undefined) return failure(verdict.fail, "fchmod");
  if (description === undefined || description.node instanceof SimInotify) {
    return failure("EBADF", "fchmod");
  }
  description.node.mode = mode & MODE_BITS;
  if (description.node instanceof SimFile) description.node.changed();
  process.kernel.notify(description.node, process.kernel.constants.IN_ATTRIB);
  return 0;
}

/** There is one user only. */
function changeOwner(process: SimProcess, descriptor: number): Outcome {
  const description = process.description(descriptor);
  const verdict = process.enter("fchown", { path: description?.path });
  if (verdict.fail !== undefined) return failure(verdict.fail, "fchown");
  return description === undefined ? failure("EBADF", "fchown") : 0;
}

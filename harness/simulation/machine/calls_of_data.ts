/**
 * The simulated calls that read and write files by position.
 *
 * @module
 */
import type { Libc, Outcome } from "../../../ffi/mod.ts";
import { SimMisuse } from "./faults.ts";
import { SimInotify } from "./inotify.ts";
import { pageCount, pageParts, SimFile } from "./nodes.ts";
import {
  type CallRange,
  checkFileLimit,
  later,
  NO_RANGE,
  onFile,
  type OpenFile,
} from "./open_file.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { failure, type SimProcess } from "./sim_process.ts";

/** The part of `Libc` that this file makes. */
export type DataCalls = Pick<
  Libc,
  "pread" | "pwrite" | "pwriteAsync" | "seek" | "read" | "sendfile" | "sendfileAsync"
>;

/** Makes the calls of a process that read and write files. */
export function dataCalls(process: SimProcess): DataCalls {
  return {
    pread: (descriptor, target, position) => {
      const range = { position, byteLength: target.length };
      return onFile(process, "pread", descriptor, range, (open) => readAt(open, target, position));
    },
    pwrite: (descriptor, source, position) =>
      onFile(
        process,
        "pwrite",
        descriptor,
        { position, byteLength: source.length },
        (open) => writeAt(process, open, source, position),
        (open) => writePart(process, open, source, position),
      ),
    pwriteAsync: (descriptor, source, position) =>
      writeLater(process, descriptor, source, position),
    seek: (descriptor, position, to) => {
      const range = { position, byteLength: 0 };
      return onFile(process, "seek", descriptor, range, (open) => seekTo(open, position, to));
    },
    read: (descriptor, target) => readOn(process, descriptor, target),
    sendfile: (target, source, position, byteLength) => {
      const range = { position, byteLength };
      return onFile(
        process,
        "sendfile",
        source,
        range,
        (open) => send(process, target, open, range),
      );
    },
    sendfileAsync: (target, source, position, byteLength) => {
      const range = { position, byteLength };
      return later(
        process,
        "sendfileAsync",
        source,
        range,
        (open) => () => send(process, target, open, range),
      );
    },
  };
}

function readAt({ file, description, verdict }: OpenFile, target: Uint8Array, position: number) {
  if (!description.readable) return failure("EBADF", "pread");
  if (position < 0) return failure("EINVAL", "pread");
  const rest = Math.max(0, file.byteLength - position);
  const count = Math.min(target.length, rest, verdict.limit ?? Infinity);
  file.copyOut(position, target.subarray(0, count));
  for (const { page } of pageParts(position, count)) file.page(page).resident = true;
  return count;
}

/** As ext4 and tmpfs do it: by whole blocks, and a page in memory counts as data. */
function seekTo(
  { file, description }: OpenFile,
  position: number,
  to: "data" | "hole",
): Outcome {
  if (position < 0 || position >= file.byteLength) return failure("ENXIO", "seek");
  let page = Math.floor(position / PAGE_BYTE_LENGTH);
  const end = pageCount(file.byteLength);
  while (page < end && file.hasData(page) !== (to === "data")) page++;
  if (page === end && to === "data") return failure("ENXIO", "seek");
  description.position = Math.min(file.byteLength, Math.max(position, page * PAGE_BYTE_LENGTH));
  return description.position;
}

function writeAt(
  process: SimProcess,
  { file, description, verdict }: OpenFile,
  source: Uint8Array,
  position: number,
): Outcome {
  const { kernel } = process;
  if (!description.writable) return failure("EBADF", "pwrite");
  if (position < 0) return failure("EINVAL", "pwrite");
  if (source.length === 0) return 0;
  checkFileLimit(process, position + source.length);

  const wanted = source.subarray(0, verdict.limit ?? source.length);
  const from = description.appending ? file.byteLength : position;
  const count = file.copyIn(from, wanted, kernel.nextSequence());
  if (count === 0) return failure("ENOSPC", "pwrite");
  if (from + count > file.byteLength) {
    file.byteLength = from + count;
    file.changed();
  }
  file.modifiedMs = kernel.scheduler.clock.wallMs;
  kernel.notifyModified(file);
  return count;
}

/** A death in the middle of a write leaves the pages up to some moment. */
function writePart(
  process: SimProcess,
  open: OpenFile,
  source: Uint8Array,
  position: number,
): void {
  const parts = pageParts(position, source.length);
  const count = process.kernel.choices.draw(parts.length + 1);
  const byteLength = parts.slice(0, count).reduce((sum, part) => sum + part.byteLength, 0);
  if (byteLength > 0) writeAt(process, open, source.subarray(0, byteLength), position);
}

function writeLater(
  process: SimProcess,
  descriptor: number,
  source: Uint8Array,
  position: number,
): Promise<Outcome> {
  const range = { position, byteLength: source.length };
  const before = source.slice();
  return later(
    process,
    "pwriteAsync",
    descriptor,
    range,
    (open) => {
      // Somebody who looks before the call settles may see a part of it, and so may whoever comes
      // after a death.
      if (process.kernel.choices.draw(2) === 1) writePart(process, open, source, position);
      return () => {
        if (source.some((byte, at) => byte !== before[at])) {
          const what = `${open.description.path} at ${position}`;
          const message = `Cannot write ${what}: the buffer changed before the call settled`;
          process.kernel.fault(new SimMisuse(message));
        }
        return writeAt(process, open, source, position);
      };
    },
  );
}

function readOn(process: SimProcess, descriptor: number, target: Uint8Array): Outcome {
  const description = process.description(descriptor);
  const queue = description?.node;
  if (queue instanceof SimInotify) {
    const verdict = process.enter("read", { path: description?.path });
    if (verdict.fail !== undefined) return failure(verdict.fail, "read");
    if (!queue.readable) return failure("EAGAIN", "read");
    const count = queue.read(target);
    return count === 0 ? failure("EINVAL", "read") : count;
  }
  return onFile(process, "read", descriptor, NO_RANGE, (open) => {
    const count = readAt(open, target, open.description.position);
    if (typeof count === "number") open.description.position += count;
    return count;
  });
}

function send(process: SimProcess, target: number, source: OpenFile, range: CallRange): Outcome {
  const into = process.description(target);
  if (into === undefined || !into.writable) return failure("EBADF", "sendfile");
  if (!(into.node instanceof SimFile)) return failure("EINVAL", "sendfile");
  const bytes = new Uint8Array(range.byteLength);
  const count = readAt(source, bytes, range.position);
  if (typeof count !== "number" || count === 0) return count;

  const open = { file: into.node, description: into, verdict: {} };
  const written = writeAt(process, open, bytes.subarray(0, count), into.position);
  if (typeof written === "number") into.position += written;
  return written;
}

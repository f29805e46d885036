/**
 * Which stretches of a file may hold anything but zeros, as its file system tells.
 *
 * A segment is preallocated, so most of the last one was never written: 128 MiB, or a gigabyte. To
 * read that means to look at pages that the kernel has just filled with zeros. What a hole covers
 * would be read as zeros too, so the proof that a tail is empty stays the same.
 *
 * A store that no sync has reached is missed nowhere. The three file systems that are asked answer
 * for a block that was allocated and never written from the page cache: a page that is in memory,
 * dirty, being written, stored through a mapping or merely read, is data. Memory of ours that was
 * not handed over to the kernel yet (the staging buffer) is in no file, and no read would see it.
 *
 * @module
 */
import { type Descriptor, failed, isHonestAboutHoles, type Libc } from "../../ffi/mod.ts";

/** Bytes of a file, `[from, to)`. */
export type DataRange = readonly [from: number, to: number];

/**
 * The stretches of `[from, to)` that must be read, in order. Where the file system is not to be
 * asked, cannot tell, or contradicts itself, that is all of the rest.
 *
 * While the caller reads one, nothing is read ahead: the kernel would fill pages behind it with
 * zeros, which are data for the next who asks.
 */
export function* dataRanges(
  libc: Libc,
  descriptor: Descriptor,
  [from, to]: DataRange,
): Generator<DataRange, undefined> {
  const fileSystem = libc.fstatfs(descriptor);
  const isHonest = !failed(fileSystem) && isHonestAboutHoles(fileSystem.name);
  if (!isHonest) return void (yield [from, to]);
  try {
    readAhead(libc, descriptor, false);
    for (let at = from; at < to;) {
      const range = nextRange(libc, descriptor, [at, to]);
      if (range === undefined) return;
      yield range;
      at = range[1];
    }
  } finally {
    readAhead(libc, descriptor, true);
  }
}

/** Whether the kernel may read more of an open file than it is asked for; it is advice. */
export function readAhead(libc: Libc, descriptor: Descriptor, isUseful: boolean): void {
  const { POSIX_FADV_NORMAL, POSIX_FADV_RANDOM } = libc.constants;
  libc.fadvise(descriptor, 0, 0, isUseful ? POSIX_FADV_NORMAL : POSIX_FADV_RANDOM);
}

function nextRange(
  libc: Libc,
  descriptor: Descriptor,
  [at, to]: DataRange,
): DataRange | undefined {
  const start = libc.seek(descriptor, at, "data");
  if (failed(start)) {
    const isEmpty = start.code === "ENXIO" && !isShorter(libc, descriptor, to);
    return isEmpty ? undefined : [at, to];
  }
  if (start >= to) return undefined;
  const end = libc.seek(descriptor, start, "hole");
  return failed(end) || start < at || end <= start ? [at, to] : [start, Math.min(end, to)];
}

/** A file that was cut answers as one whose rest is a hole does; a read of it says what it is. */
function isShorter(libc: Libc, descriptor: Descriptor, byteLength: number): boolean {
  const status = libc.fstat(descriptor);
  return failed(status) || status.byteLength < byteLength;
}

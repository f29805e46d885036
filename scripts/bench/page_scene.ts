/**
 * The page faults that the two write paths avoid: records stored into a file by the naive mapping
 * and by the cures. No message, no checksum, only bytes on their way into the page cache.
 *
 * @module
 */
import { check, type Descriptor, type Libc, type Mapping } from "../../ffi/mod.ts";
import type { Meter } from "./meter.ts";
import type { Contestant, Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";

const RECORD_BYTE_LENGTH = 1124;
const PREFAULT_BYTE_LENGTH = 4 * 1024 * 1024;
const WRITE_BYTE_LENGTH = 1024 * 1024;

/** A file of its final length, open for reading and writing. */
interface OpenFile {
  readonly descriptor: Descriptor;
  readonly byteLength: number;
}

/** Fills a file; gives how many bytes it wrote. */
type Filling = (file: OpenFile) => number;

/**
 * Makes the scene.
 *
 * @param stage The stage.
 * @param libc The operating system.
 * @returns The scene.
 */
export function pageScene(stage: Stage, libc: Libc): Scene {
  function contestant(name: string, isAllocated: boolean, fill: Filling): Contestant {
    return { name, run: (meter) => fillFile(stage, libc, isAllocated, meter, fill) };
  }

  return {
    id: "pages",
    title: `pages: records of ${RECORD_BYTE_LENGTH} bytes into a file of ` +
      `${stage.workload.fileByteLength / 1024 / 1024} MiB, nothing else`,
    unit: "bytes",
    contestants: [
      contestant("mapping, sparse file", false, (file) => fillMapping(libc, file)),
      contestant("mapping, fallocated", true, (file) => fillMapping(libc, file)),
      contestant("mapping, prefaulted", true, (file) => fillMapping(libc, file, true)),
      contestant("pwrite of 1 MiB", true, (file) => fillByWrites(libc, file)),
    ],
    references: ["mapping, sparse file"],
    close: () => Promise.resolve(),
  };
}

async function fillFile(
  stage: Stage,
  libc: Libc,
  isAllocated: boolean,
  meter: Meter,
  fill: Filling,
): Promise<void> {
  const byteLength = stage.workload.fileByteLength;
  const path = stage.freshPath();
  const how = { flags: libc.constants.O_RDWR | libc.constants.O_CREAT, mode: 0o600 };
  const descriptor = check(libc.open(path, how), "open", path);
  try {
    check(libc.ftruncate(descriptor, byteLength), "grow", path);
    if (isAllocated) check(libc.fallocate(descriptor, 0, 0, byteLength), "allocate", path);
    await meter.measure(() => fill({ descriptor, byteLength }));
  } finally {
    libc.close(descriptor);
    stage.remove(path);
  }
}

function fillMapping(libc: Libc, file: OpenFile, isPrefaulted = false): number {
  const { descriptor, byteLength } = file;
  const mapping = check(libc.mmap(descriptor, byteLength, { write: true }), "map", "file");
  try {
    const record = new Uint8Array(RECORD_BYTE_LENGTH).fill(1);
    let ready = isPrefaulted ? 0 : byteLength;
    let at = 0;
    for (; at + record.length <= byteLength; at += record.length) {
      if (at + record.length > ready) ready = prefault(libc, mapping, ready);
      mapping.copyIn(at, record);
    }
    return at;
  } finally {
    libc.munmap(mapping);
  }
}

function prefault(libc: Libc, mapping: Mapping, from: number): number {
  const byteLength = Math.min(PREFAULT_BYTE_LENGTH, mapping.byteLength - from);
  const advice = libc.constants.MADV_POPULATE_WRITE;
  check(libc.madvise(mapping, from, byteLength, advice), "prefault", "file");
  return from + byteLength;
}

function fillByWrites(libc: Libc, { descriptor, byteLength }: OpenFile): number {
  const record = new Uint8Array(RECORD_BYTE_LENGTH).fill(1);
  const buffer = new Uint8Array(Math.min(WRITE_BYTE_LENGTH, byteLength));
  let written = 0;
  while (written < byteLength) {
    for (let at = 0; at + record.length <= buffer.length; at += record.length) {
      buffer.set(record, at);
    }
    written += check(libc.pwrite(descriptor, buffer, written), "write", "file");
  }
  return written;
}

/**
 * What no store can do without: a copy, a checksum, a write; and what pages cost by each way into a
 * file.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { check, type Descriptor, loadLibc, type Mapping } from "../../../ffi/mod.ts";
import { messageCountOf } from "./read_work.ts";
import type { Turn } from "./turn.ts";

/** What a record of Streambed has beside its body, for a short topic and no properties. */
const OVERHEAD_BYTE_LENGTH = 100;
const BODY_POSITION = 88;
const STAGING_BYTE_LENGTH = 1024 * 1024;
const SEGMENT_BYTE_LENGTH = 128 * 1024 * 1024;
/** As the store does by default. */
const FLUSH_INTERVAL_MS = 500;
const PREFAULT_BYTE_LENGTH = 4 * 1024 * 1024;

const libc = await loadLibc();

/** An open file, and how much of it is used. */
interface Target {
  descriptor: Descriptor;
  position: number;
}

/** Some of copy, CRC and write, as `way` says, in batches of a staging buffer. */
export async function appendFloor(turn: Turn): Promise<void> {
  const steps = (turn.how.way ?? "").split("+");
  const [copies, sums, writes] = ["copy", "CRC", "write"].map((step) => steps.includes(step));
  const recordByteLength = turn.body(0).length + OVERHEAD_BYTE_LENGTH;
  const perBatch = Math.floor(STAGING_BYTE_LENGTH / recordByteLength);
  const staging = new Uint8Array(STAGING_BYTE_LENGTH);
  const target = writes ? newTarget(turn) : undefined;
  let sum = 0;
  await turn.measure((goesOn) => {
    let count = 0;
    for (; goesOn(count); count += perBatch) {
      for (let index = 0; index < perBatch; index++) {
        const body = turn.body(index);
        if (copies) staging.set(body, index * recordByteLength + BODY_POSITION);
        if (sums) sum ^= crc32(body);
      }
      if (target) write(turn, target, staging.subarray(0, perBatch * recordByteLength));
    }
    return count;
  });
  if (Number.isNaN(sum)) throw new Error("Cannot trust floor: a sum is no number");
}

/** The CRC of records that lie in memory one after the other, more than any cache holds. */
export async function readFloor(turn: Turn): Promise<void> {
  const total = messageCountOf(turn);
  const recordByteLength = turn.body(0).length + OVERHEAD_BYTE_LENGTH;
  const memory = new Uint8Array(total * recordByteLength).fill(97);
  let sum = 0;
  await turn.measure((goesOn) => {
    let count = 0;
    do {
      for (let at = 0; at < memory.length; at += recordByteLength) {
        sum ^= crc32(memory.subarray(at, at + recordByteLength));
      }
      count += total;
    } while (goesOn(count));
    return count;
  });
  if (Number.isNaN(sum)) throw new Error("Cannot trust floor: a sum is no number");
}

/** As many bytes as the log has, by `dd`, flushed in the background at the intervals of a store. */
export async function sustainDd(turn: Turn): Promise<void> {
  const total = messageCountOf(turn);
  const { descriptor, path } = createFile(turn);
  const recordByteLength = turn.body(0).length + OVERHEAD_BYTE_LENGTH;
  const blockCount = Math.ceil(total * recordByteLength / STAGING_BYTE_LENGTH);
  await turn.measureOnce(async () => {
    const dd = new Deno.Command("dd", {
      args: ["if=/dev/zero", `of=${path}`, "bs=1M", `count=${blockCount}`, "conv=notrunc"],
      stderr: "null",
    }).spawn();
    let isFlushing = false;
    const timer = setInterval(async () => {
      if (isFlushing) return;
      isFlushing = true;
      check(await libc.fdatasyncAsync(descriptor), "sync", path);
      isFlushing = false;
    }, FLUSH_INTERVAL_MS);
    const { success } = await dd.status;
    clearInterval(timer);
    if (!success) throw new Error("Cannot measure dd: it failed");
    return total;
  });
}

/** Records into a mapping by the naive way and by the cures, and by writes. */
export async function fillPages(turn: Turn): Promise<void> {
  const { how } = turn;
  const record = turn.body(0);
  const byteLength = messageCountOf(turn) * record.length;
  const { descriptor } = createFile(turn);
  check(libc.ftruncate(descriptor, byteLength), "grow", turn.path);
  if (how.way !== "sparse") {
    check(libc.fallocate(descriptor, 0, 0, byteLength), "allocate", turn.path);
  }
  const mapping = check(libc.mmap(descriptor, byteLength, { write: true }), "map", turn.path);
  await turn.measureOnce(() => {
    if (how.way === "written") fillByWrites(descriptor, { record, byteLength });
    else fillMapping(mapping, { record, isPrefaulted: how.way === "prefaulted" });
    return byteLength / record.length;
  });
}

function fillMapping(
  mapping: Mapping,
  { record, isPrefaulted }: { readonly record: Uint8Array; readonly isPrefaulted: boolean },
): void {
  let ready = isPrefaulted ? 0 : mapping.byteLength;
  for (let at = 0; at < mapping.byteLength; at += record.length) {
    if (at + record.length > ready) {
      const byteLength = Math.min(PREFAULT_BYTE_LENGTH, mapping.byteLength - ready);
      const advice = libc.constants.MADV_POPULATE_WRITE;
      check(libc.madvise(mapping, ready, byteLength, advice), "prefault", "file");
      ready += byteLength;
    }
    mapping.copyIn(at, record);
  }
}

function fillByWrites(
  descriptor: Descriptor,
  { record, byteLength }: { readonly record: Uint8Array; readonly byteLength: number },
): void {
  const buffer = new Uint8Array(Math.min(STAGING_BYTE_LENGTH, byteLength));
  for (let written = 0; written < byteLength;) {
    for (let at = 0; at + record.length <= buffer.length; at += record.length) {
      buffer.set(record, at);
    }
    const part = buffer.subarray(0, byteLength - written);
    written += check(libc.pwrite(descriptor, part, written), "write", "file");
  }
}

/** The next segment begins when the last one is full. */
function write(turn: Turn, target: Target, bytes: Uint8Array): void {
  if (target.position + bytes.length > SEGMENT_BYTE_LENGTH) {
    libc.close(target.descriptor);
    Object.assign(target, newTarget(turn));
  }
  check(libc.pwrite(target.descriptor, bytes, target.position), "write", turn.path);
  target.position += bytes.length;
}

/** A segment as the store makes them. */
function newTarget(turn: Turn): Target {
  const { descriptor } = createFile(turn);
  check(libc.fallocate(descriptor, 0, 0, SEGMENT_BYTE_LENGTH), "allocate", turn.path);
  return { descriptor, position: 0 };
}

function createFile(
  turn: Turn,
): { readonly descriptor: Descriptor; readonly path: string } {
  const { O_RDWR, O_CREAT } = libc.constants;
  const path = turn.freshPath();
  const how = { flags: O_RDWR | O_CREAT, mode: 0o600 };
  return { descriptor: check(libc.open(path, how), "open", path), path };
}

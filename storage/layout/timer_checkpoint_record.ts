/**
 * How far RocketMQ's timer is: the file `config/timercheck`, as its `TimerCheckpoint` reads it.
 *
 * Big-endian, 4096 bytes, no magic, no checksum; what follows the fields is zero.
 *
 * | offset | bytes | type | field                  | meaning                                      |
 * | -----: | ----: | ---- | ---------------------- | -------------------------------------------- |
 * |      0 |     8 | i64  | lastReadTimeMs         | slot of the wheel that is delivered next     |
 * |      8 |     8 | i64  | lastTimerLogFlushPos   | up to where the timer log is durable         |
 * |     16 |     8 | i64  | lastTimerQueueOffset   | offset that goes into the wheel next         |
 * |     24 |     8 | i64  | masterTimerQueueOffset | the same, of a replica's master              |
 * |     32 |     8 | i64  | stateVersion           | of the data version                          |
 * |     40 |     8 | i64  | versionTimestamp       | when it was changed, ms since epoch          |
 * |     48 |     8 | i64  | versionCounter         | how often it was changed                     |
 *
 * Streambed writes a `lastReadTimeMs` of 0, which no broker does: a broker that starts with it
 * reads the slots of the last week.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";

const TYPES = {
  lastReadTimeMs: "i64",
  lastTimerLogFlushPos: "i64",
  lastTimerQueueOffset: "i64",
  masterTimerQueueOffset: "i64",
  stateVersion: "i64",
  versionTimestamp: "i64",
  versionCounter: "i64",
} as const;
/** The layout of the fields of a timer checkpoint. */
export const TIMER_CHECKPOINT: Layout<keyof typeof TYPES> = defineLayout(TYPES);

const FIELDS = Object.keys(TYPES) as (keyof typeof TYPES)[];

/** Bytes of the file. */
export const TIMER_CHECKPOINT_BYTE_LENGTH = 4096;

/** Its fields; {@linkcode UNSAFE_I64} where a number cannot hold the value. */
export type TimerCheckpointRecord = Record<keyof typeof TYPES, number>;

/** The bytes of the file. */
export function encodeTimerCheckpoint(record: Readonly<TimerCheckpointRecord>): Uint8Array {
  const bytes = new Uint8Array(TIMER_CHECKPOINT_BYTE_LENGTH);
  const view = new DataView(bytes.buffer);
  for (const field of FIELDS) writeI64(view, TIMER_CHECKPOINT.offsets[field], record[field]);
  return bytes;
}

/** Reads the fields at the start of `view`, which has at least 56 bytes. */
export function decodeTimerCheckpoint(view: DataView): TimerCheckpointRecord {
  assert(view.byteLength >= TIMER_CHECKPOINT.byteLength, "A timer checkpoint is whole");
  const record = {} as TimerCheckpointRecord;
  for (const field of FIELDS) record[field] = readI64(view, TIMER_CHECKPOINT.offsets[field]);
  return record;
}

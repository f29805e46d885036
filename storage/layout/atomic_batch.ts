/**
 * The property in which a record says its place in an atomic batch: `__SB_GROUP`, value
 * `index/count` in decimal without leading zeros, the index from 0: `0/3`, `1/3`, `2/3`.
 *
 * The records of a batch stand side by side in one segment, in the order of their indexes. RocketMQ
 * sees an ordinary property.
 *
 * @module
 */
import { assert } from "../assert.ts";

/** Most records of a batch. */
export const ATOMIC_BATCH_COUNT_MAX = 1_000_000;

const PLACE = /^(0|[1-9][0-9]{0,6})\/([1-9][0-9]{0,6})$/;

/** The place of a record in its batch. */
export interface AtomicBatchPlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Formats the place of a record as the value of the property. */
export function formatAtomicBatch(place: AtomicBatchPlace): string {
  const { index, count } = place;
  assert(Number.isInteger(count) && count >= 1, "A batch has at least one record");
  assert(count <= ATOMIC_BATCH_COUNT_MAX, "A batch has at most a million records");
  assert(Number.isInteger(index) && index >= 0 && index < count, "An index lies in its batch");
  return `${index}/${count}`;
}

/** Parses the value of the property, strictly; `undefined` if it is not a place. */
export function parseAtomicBatch(value: string): AtomicBatchPlace | undefined {
  const parts = PLACE.exec(value);
  if (parts === null) return undefined;
  const index = Number(parts[1]);
  const count = Number(parts[2]);
  return index < count && count <= ATOMIC_BATCH_COUNT_MAX ? { index, count } : undefined;
}

/**
 * The property in which a record says its place in an atomic batch: `__SB_GROUP`, value `index/count` in
 * decimal without leading zeros, the index from 0: `0/3`, `1/3`, `2/3`.
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
  /** The record's place, from 0. */
  readonly index: number;
  /** Records of the batch. */
  readonly count: number;
}

/**
 * Formats the place of a record in its batch.
 *
 * @param place The place.
 * @returns The value of the property.
 * @throws {InvariantError} If the count is not from 1 to 1,000,000 or the index not below it.
 */
export function formatAtomicBatch(place: AtomicBatchPlace): string {
  const { index, count } = place;
  assert(Number.isInteger(count) && count >= 1, "A batch has at least one record");
  assert(count <= ATOMIC_BATCH_COUNT_MAX, "A batch has at most a million records");
  assert(Number.isInteger(index) && index >= 0 && index < count, "An index lies in its batch");
  return `${index}/${count}`;
}

/**
 * Parses the place of a record in its batch, strictly.
 *
 * @param value The value of the property.
 * @returns The place, or `undefined` if `value` is none.
 */
export function parseAtomicBatch(value: string): AtomicBatchPlace | undefined {
  const parts = PLACE.exec(value);
  if (parts === null) return undefined;
  const index = Number(parts[1]);
  const count = Number(parts[2]);
  return index < count && count <= ATOMIC_BATCH_COUNT_MAX ? { index, count } : undefined;
}

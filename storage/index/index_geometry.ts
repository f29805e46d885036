/**
 * How the bytes of an index file divide into slots and entries.
 *
 * The file does not say. RocketMQ reads it with whatever its configuration says; its defaults have four
 * entries to a slot.
 *
 * @module
 */
import {
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  indexFileByteLength,
} from "../layout/mod.ts";

/** Slots and entries of an index file. */
export interface IndexGeometry {
  /** Hash slots. */
  readonly slotCount: number;
  /** Entries, the unused entry 0 included. */
  readonly entryCount: number;
}

/** Entries to a slot in RocketMQ's defaults, and in ours. */
const ENTRIES_PER_SLOT = 4;

/**
 * Finds how a file of a certain length divides: as asked for if that adds up to its length, else one slot
 * to four entries.
 *
 * @param byteLength Length of the file in bytes.
 * @param asked What the options say.
 * @returns The geometry, or `undefined` if neither fits.
 */
export function fitGeometry(byteLength: number, asked: IndexGeometry): IndexGeometry | undefined {
  if (indexFileByteLength(asked.slotCount, asked.entryCount) === byteLength) return asked;
  const unit = INDEX_SLOT_BYTE_LENGTH + ENTRIES_PER_SLOT * INDEX_ENTRY.byteLength;
  const slotCount = (byteLength - INDEX_HEADER.byteLength) / unit;
  if (!Number.isSafeInteger(slotCount) || slotCount < 1) return undefined;
  return { slotCount, entryCount: slotCount * ENTRIES_PER_SLOT };
}

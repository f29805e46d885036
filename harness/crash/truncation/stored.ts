/**
 * What is in a store whose segments somebody else changes: each message follows from its offset, so
 * that whoever reads it can tell whether it is the one that was written.
 *
 * @module
 */
import { formatSegmentName } from "../../../storage/layout/mod.ts";
import {
  openStore,
  type OpenStoreOptions,
  type Store,
  type StoredMessage,
} from "../../../storage/mod.ts";
import { copyTree } from "../../support/tree.ts";
import type { Target } from "./cells.ts";

/** The only topic. */
export const TOPIC = "T";
/** Length of a segment, bytes. */
export const SEGMENT_BYTE_LENGTH: number = 128 * 1024;

/** Small files; nothing is written but what the test writes. */
export const GEOMETRY: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    queueEntryCount: 1000,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
};

const SEALED_COUNT = 2;
const ACTIVE_BYTE_LENGTH = 24 * 1024;
/** Bytes of the active segment that hold messages from the start, and more. */
const ACTIVE_CUT_BYTE_LENGTH = 12 * 1024;

/** The text of the message at an offset. */
export function textOf(offset: number): string {
  const mixed = Math.imul(offset + 1, 0x9e3779b1) >>> 0;
  return `offset ${offset} `.padEnd(mixed % 700, `${mixed.toString(36)} `);
}

/** Whether a message is what was written at its offset. */
export function isAsWritten(message: StoredMessage, offset: number): boolean {
  const { topic, queueId } = message;
  return topic === TOPIC && queueId === 0 && message.offset === offset &&
    message.text() === textOf(offset);
}

/**
 * Makes a store with sealed segments and one that is partly full.
 *
 * @param path An empty directory.
 */
export async function makeTemplate(path: string): Promise<void> {
  await using store = await openStore(path, GEOMETRY);
  await fill(store);
}

/**
 * Makes a store as its writer leaves it that dies before it has flushed anything: sealed segments,
 * and one that is partly full.
 *
 * @param path Where it goes.
 * @param beside An empty directory on the same file system.
 */
export async function makeCrashed(path: string, beside: string): Promise<void> {
  const idle = { tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 } };
  await using store = await openStore(beside, { ...GEOMETRY, ...idle });
  await fill(store);
  copyTree(beside, path);
}

async function fill(store: Store): Promise<void> {
  const end = SEALED_COUNT * SEGMENT_BYTE_LENGTH + ACTIVE_BYTE_LENGTH;
  for (let offset = 0; store.info.committedPosition < end; offset++) {
    await store.append({ topic: TOPIC, body: textOf(offset) }, { durability: "committed" });
  }
}

/**
 * Chooses where to do something.
 *
 * @param target Which segment.
 * @param chance Gives a whole number below its argument.
 * @returns Name of the segment, and a byte in it that has messages on the later pages.
 */
export function chooseByte(
  target: Target,
  chance: (below: number) => number,
): { readonly name: string; readonly byte: number } {
  if (target === "active") {
    const name = formatSegmentName(SEALED_COUNT * SEGMENT_BYTE_LENGTH);
    return { name, byte: chance(ACTIVE_CUT_BYTE_LENGTH) };
  }
  const name = formatSegmentName(chance(SEALED_COUNT) * SEGMENT_BYTE_LENGTH);
  return { name, byte: chance(SEGMENT_BYTE_LENGTH / 2) };
}

/**
 * The file of a group in one queue, in `streambed/groups/`: who reads the queue as the group, and
 * how far that is.
 *
 * Big-endian, up to 4096 bytes. Each part lies in a sector of its own (the head in two) and counts
 * if its CRC, the CRC-32 (all 32 bits) of what stands before it in the part, is right. The process
 * that has the lock of the file's first byte reads as the group, and alone writes head, slots and
 * holder; the note is written by the writer of the store. The name is 16 hexadecimal digits: the
 * CRC-32 and Java's hash of `topic@group@queueId`.
 *
 * The head at 0: the fields of the first table, group and topic in UTF-8, the CRC. The two slots at
 * 1024 and 1536 are written in turn: sequence s to slot s modulo 2. The note at 2048. The holder's
 * line at 3072, as in `lock`.
 *
 * | offset | bytes | type | field           | meaning                         |
 * | -----: | ----: | ---- | --------------- | ------------------------------- |
 * |      0 |     4 | i32  | magic           | 0x53424731, "SBG1"              |
 * |      4 |     4 | i32  | queueId         | queue of the topic              |
 * |      8 |     4 | i32  | groupByteLength | bytes of the group's name       |
 * |     12 |     4 | i32  | topicByteLength | bytes of the topic's name       |
 *
 * A slot, the progress of the claims:
 *
 * | offset | bytes | type | field    | meaning                                        |
 * | -----: | ----: | ---- | -------- | ---------------------------------------------- |
 * |      0 |     8 | i64  | sequence | counts the writes; the highest valid slot wins |
 * |      8 |     8 | i64  | since    | the write with which the range began           |
 * |     16 |     8 | i64  | lowest   | least offset that came from here since then    |
 * |     24 |     8 | i64  | highest  | greatest such offset                           |
 * |     32 |     8 | i64  | next     | offset that the group reads next               |
 * |     40 |     4 | i32  | crc      | CRC-32 of what is before                       |
 *
 * The note, what the writer of the store has taken over into `consumerOffset.json`:
 *
 * | offset | bytes | type | field    | meaning                       |
 * | -----: | ----: | ---- | -------- | ----------------------------- |
 * |      0 |     8 | i64  | sequence | that of the slot it took over |
 * |      8 |     8 | i64  | offset   | what it took over             |
 * |     16 |     4 | i32  | crc      | CRC-32 of what is before      |
 *
 * RocketMQ has no such file and never looks into the folder.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";
import { viewOf } from "./byte_slab.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";
import { javaHash } from "./java_hash.ts";

/** The layout of the head's fields before the names. */
export const CLAIM_HEAD: Layout<"magic" | "queueId" | "groupByteLength" | "topicByteLength"> =
  defineLayout({ magic: "i32", queueId: "i32", groupByteLength: "i32", topicByteLength: "i32" });

/** The layout of a slot. */
export const CLAIM_SLOT: Layout<"sequence" | "since" | "lowest" | "highest" | "next" | "crc"> =
  defineLayout({
    sequence: "i64",
    since: "i64",
    lowest: "i64",
    highest: "i64",
    next: "i64",
    crc: "i32",
  });

/** The layout of the note. */
export const CLAIM_NOTE: Layout<"sequence" | "offset" | "crc"> = defineLayout({
  sequence: "i64",
  offset: "i64",
  crc: "i32",
});

/** Magic number: the letters SBG1, of which the last is the format version. */
export const CLAIM_MAGIC = 0x53424731;
/** Version of the format; those to come have 2 to 9 in the place of 1. */
export const CLAIM_FORMAT_VERSION = 1;
/** Bytes of the file. */
export const CLAIM_BYTE_LENGTH = 4096;
/** Where the parts of the file begin. */
export const CLAIM_AT = { head: 0, slots: [1024, 1536], note: 2048, holder: 3072 } as const;

const CRC_BYTE_LENGTH = 4;

/** A queue that a group reads. */
export interface ClaimedQueue {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/** How far the claims of one file have got. */
export interface ClaimSlot {
  /** Counts the writes. */
  readonly sequence: number;
  /** The write with which the range of {@linkcode lowest} and {@linkcode highest} began. */
  readonly since: number;
  /** Least offset that came from the file since then. */
  readonly lowest: number;
  /** Greatest such offset. */
  readonly highest: number;
  /** Offset that the group reads next. */
  readonly next: number;
}

/** What the store's writer took over. */
export interface ClaimNote {
  /** Sequence of the slot that it took over. */
  readonly sequence: number;
  readonly offset: number;
}

/** What is valid in a file. */
export interface ClaimRecord extends ClaimedQueue {
  readonly slot: ClaimSlot | undefined;
  readonly note: ClaimNote | undefined;
}

/** Name of the file of a group in a queue. */
export function claimFileName({ group, topic, queueId }: ClaimedQueue): string {
  const text = `${topic}@${group}@${queueId}`;
  return [crc32(text), javaHash(text) >>> 0]
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("");
}

/** The head of a file. */
export function encodeClaimHead({ group, topic, queueId }: ClaimedQueue): Uint8Array {
  const names = [group, topic].map((name) => new TextEncoder().encode(name));
  const { byteLength, offsets } = CLAIM_HEAD;
  const end = byteLength + names[0].length + names[1].length;
  assert(end + CRC_BYTE_LENGTH <= CLAIM_AT.slots[0], "Names fit into the head");
  const bytes = new Uint8Array(end + CRC_BYTE_LENGTH);
  const view = viewOf(bytes);
  view.setInt32(offsets.magic, CLAIM_MAGIC);
  view.setInt32(offsets.queueId, queueId);
  view.setInt32(offsets.groupByteLength, names[0].length);
  view.setInt32(offsets.topicByteLength, names[1].length);
  bytes.set(names[0], byteLength);
  bytes.set(names[1], byteLength + names[0].length);
  return withCrc(bytes);
}

/** A slot, and where in the file it goes. */
export function encodeClaimSlot(slot: ClaimSlot): { at: number; bytes: Uint8Array } {
  const bytes = new Uint8Array(CLAIM_SLOT.byteLength);
  const view = viewOf(bytes);
  for (const name of ["sequence", "since", "lowest", "highest", "next"] as const) {
    writeI64(view, CLAIM_SLOT.offsets[name], slot[name]);
  }
  return { at: CLAIM_AT.slots[slot.sequence % 2], bytes: withCrc(bytes) };
}

/** The note. */
export function encodeClaimNote({ sequence, offset }: ClaimNote): Uint8Array {
  const bytes = new Uint8Array(CLAIM_NOTE.byteLength);
  const view = viewOf(bytes);
  writeI64(view, CLAIM_NOTE.offsets.sequence, sequence);
  writeI64(view, CLAIM_NOTE.offsets.offset, offset);
  return withCrc(bytes);
}

/** Reads what is valid; `undefined` if the head is not. */
export function decodeClaim(bytes: Uint8Array): ClaimRecord | undefined {
  const names = decodeHead(bytes);
  if (names === undefined) return undefined;
  const slots = CLAIM_AT.slots.flatMap((at) => decodeSlot(bytes, at) ?? []);
  const slot = slots.sort((a, b) => a.sequence - b.sequence).at(-1);
  return { ...names, slot, note: decodeNote(bytes) };
}

/**
 * Where a group goes on: at the progress of its claims, unless the store's own file of progress
 * tells an offset that did not come from there. Then a broker has moved it, or another claim of the
 * store's writer.
 *
 * @param known What the store's file of progress says.
 */
export function claimedOffset(
  known: number | undefined,
  { slot, note }: Pick<ClaimRecord, "slot" | "note">,
): number | undefined {
  // Where the slot of what was taken over is lost, the store's own file has it.
  if (slot === undefined || (note !== undefined && note.sequence > slot.sequence)) return known;
  const isNoted = note !== undefined && note.sequence >= slot.since;
  // Once it was taken over, a group that is not there any more was removed.
  if (known === undefined) return isNoted ? undefined : slot.next;
  const lowest = isNoted ? Math.min(note.offset, slot.next) : slot.lowest;
  const highest = isNoted ? Math.max(note.offset, slot.next) : slot.highest;
  return known >= lowest && known <= highest ? slot.next : known;
}

/**
 * Gives the format version; `undefined` if the head is not whole. Magic, lengths, names and the CRC
 * behind them keep their places in every version.
 */
export function claimFormatVersion(bytes: Uint8Array): number | undefined {
  if (bytes.length < CLAIM_HEAD.byteLength) return undefined;
  const magic = viewOf(bytes).getInt32(CLAIM_HEAD.offsets.magic);
  const version = magic - CLAIM_MAGIC + CLAIM_FORMAT_VERSION;
  if (version < 0 || version > 9) return undefined;
  const end = headEnd(bytes);
  return end !== undefined && isWhole(bytes, 0, end + CRC_BYTE_LENGTH) ? version : undefined;
}

/** Where the names end; `undefined` if their lengths leave no room for the rest. */
function headEnd(bytes: Uint8Array): number | undefined {
  const { byteLength, offsets } = CLAIM_HEAD;
  const view = viewOf(bytes);
  const lengths = [view.getInt32(offsets.groupByteLength), view.getInt32(offsets.topicByteLength)];
  const end = byteLength + lengths[0] + lengths[1];
  const areSane = lengths.every((length) => length >= 0) &&
    end + CRC_BYTE_LENGTH <= CLAIM_AT.slots[0];
  return areSane ? end : undefined;
}

function decodeHead(bytes: Uint8Array): ClaimedQueue | undefined {
  if (claimFormatVersion(bytes) !== CLAIM_FORMAT_VERSION) return undefined;
  const { byteLength, offsets } = CLAIM_HEAD;
  const view = viewOf(bytes);
  const groupByteLength = view.getInt32(offsets.groupByteLength);
  const end = byteLength + groupByteLength + view.getInt32(offsets.topicByteLength);
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  return {
    group: text(byteLength, byteLength + groupByteLength),
    topic: text(byteLength + groupByteLength, end),
    queueId: view.getInt32(offsets.queueId),
  };
}

function decodeSlot(bytes: Uint8Array, at: number): ClaimSlot | undefined {
  if (!isWhole(bytes, at, CLAIM_SLOT.byteLength)) return undefined;
  const view = viewOf(bytes);
  const read = (name: keyof ClaimSlot) => readI64(view, at + CLAIM_SLOT.offsets[name]);
  return {
    sequence: read("sequence"),
    since: read("since"),
    lowest: read("lowest"),
    highest: read("highest"),
    next: read("next"),
  };
}

function decodeNote(bytes: Uint8Array): ClaimNote | undefined {
  if (!isWhole(bytes, CLAIM_AT.note, CLAIM_NOTE.byteLength)) return undefined;
  const view = viewOf(bytes);
  const read = (name: keyof ClaimNote) => readI64(view, CLAIM_AT.note + CLAIM_NOTE.offsets[name]);
  return { sequence: read("sequence"), offset: read("offset") };
}

/** Whether the CRC at the end of a part is right; zeros are not a part. */
function isWhole(bytes: Uint8Array, at: number, byteLength: number): boolean {
  const end = at + byteLength - CRC_BYTE_LENGTH;
  if (bytes.length < end + CRC_BYTE_LENGTH) return false;
  return viewOf(bytes).getUint32(end) === crc32(bytes.subarray(at, end)) &&
    bytes.subarray(at, end).some((byte) => byte !== 0);
}

/** Fills in the CRC, the last four bytes. */
function withCrc(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - CRC_BYTE_LENGTH;
  viewOf(bytes).setInt32(end, crc32(bytes.subarray(0, end)) | 0);
  return bytes;
}

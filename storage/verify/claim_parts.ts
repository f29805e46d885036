/**
 * The parts of a file of `streambed/groups/`, each by itself. A group goes by the newest slot that
 * is whole; verification and `streambed dump` show all of them.
 *
 * @module
 */
import {
  CLAIM_AT,
  CLAIM_BYTE_LENGTH,
  CLAIM_NOTE,
  CLAIM_SLOT,
  type ClaimedQueue,
  claimFormatVersion,
  type ClaimNote,
  type ClaimRecord,
  type ClaimSlot,
  decodeClaim,
  encodeClaimHead,
} from "../layout/mod.ts";

/** A part, or why it says nothing: it was never written, or is not whole. */
export type ClaimPart<T> = T | "empty" | "torn";

/** What is in a file. */
export interface ClaimParts {
  /** Whose file it is; `undefined` if the head is not whole, or of another version. */
  readonly queue: ClaimedQueue | undefined;
  /** The format version; `undefined` if the head is not whole. */
  readonly version: number | undefined;
  /** In the order of their places. */
  readonly slots: readonly ClaimPart<ClaimSlot>[];
  readonly note: ClaimPart<ClaimNote>;
}

/** Above a part it lets the part be read, whatever the file's own head is. */
const STAND_IN_HEAD = encodeClaimHead({ group: "", topic: "", queueId: 0 });

/** Takes a file apart. */
export function claimParts(bytes: Uint8Array): ClaimParts {
  return {
    queue: decodeClaim(bytes),
    version: claimFormatVersion(bytes),
    slots: CLAIM_AT.slots.map((at) =>
      partOf("slot", at, bytes.subarray(at, at + CLAIM_SLOT.byteLength))
    ),
    note: partOf(
      "note",
      CLAIM_AT.note,
      bytes.subarray(CLAIM_AT.note, CLAIM_AT.note + CLAIM_NOTE.byteLength),
    ),
  };
}

function partOf<Name extends "slot" | "note">(
  name: Name,
  at: number,
  bytes: Uint8Array,
): ClaimPart<NonNullable<ClaimRecord[Name]>> {
  const alone = new Uint8Array(CLAIM_BYTE_LENGTH);
  alone.set(STAND_IN_HEAD);
  alone.set(bytes, at);
  const isEmpty = bytes.every((byte) => byte === 0);
  return decodeClaim(alone)?.[name] ?? (isEmpty ? "empty" : "torn");
}

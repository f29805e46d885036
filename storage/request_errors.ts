/**
 * Errors about requests to an open store.
 *
 * @module
 */
import { type StoreError, storeError, type StoreErrorReasons } from "../errors.ts";
import { quotePath } from "../ffi/mod.ts";
import { holderName, type LockedBy } from "./lock_errors.ts";

/** The store is closed; `cause` is why it had failed before. */
export function storeClosed(action: string, cause?: Error): StoreError<"CLOSED"> {
  const remedy = "open it again";
  return storeError("CLOSED", undefined, `Cannot ${action}: it is closed`, { cause, remedy });
}

/** A reader, sink or claim was used after its own end. */
export function alreadyEnded(action: string, state: string, remedy: string): StoreError<"CLOSED"> {
  return storeError("CLOSED", undefined, `Cannot ${action}: ${state}`, { remedy });
}

/** A `readOnly` store was to write. */
export function readOnlyStore(
  action: string,
  remedy: string = "open it without",
): StoreError<"READ_ONLY"> {
  const message = `Cannot ${action}: the store was opened with readOnly`;
  return storeError("READ_ONLY", undefined, message, { remedy });
}

/** An offset is deleted or not written yet; `remedy` is what to do where no option said it. */
export function offsetOutOfRange(
  queue: string,
  offset: number,
  { earliest, latest }: { readonly earliest: number; readonly latest: number },
  remedy: string = 'read from "earliest" or "latest"',
): StoreError<"OFFSET_OUT_OF_RANGE"> {
  const isAfter = offset > latest;
  const reason = isAfter ? "after-end" : "before-earliest";
  const message = `Cannot read ${queue}: offset ${offset} is not in ${earliest} to ${latest}`;
  return storeError("OFFSET_OUT_OF_RANGE", reason, message, { offset, remedy, retryable: isAfter });
}

/** A group was to be moved behind the end of a queue, where it could not read. */
export function movedBehindEnd(
  group: string,
  queue: string,
  { offset, endOffset }: { readonly offset: number; readonly endOffset: number },
): StoreError<"OFFSET_OUT_OF_RANGE"> {
  const message = `Cannot move group ${group} to offset ${offset}: ${queue} ends at ${endOffset}`;
  const remedy = "check topic and queue, and move it to that offset or one before";
  const details = { offset, remedy, retryable: true };
  return storeError("OFFSET_OUT_OF_RANGE", "after-end", message, details);
}

/** What was to be appended is over a limit. */
export function messageTooLarge(
  reason: StoreErrorReasons["MESSAGE_TOO_LARGE"],
  byteLength: number,
  limit: number,
): StoreError<"MESSAGE_TOO_LARGE"> {
  const message =
    `Cannot append message: its ${reason} of ${byteLength} bytes is over the limit of ${limit}`;
  const remedy = TOO_LARGE_REMEDIES[reason];
  return storeError("MESSAGE_TOO_LARGE", reason, message, { byteLength, limit, remedy });
}

/** A message that its group could not handle has no room for what its copy needs. */
export function copyTooLarge(
  group: string,
  queue: string,
  { offset, topic, cause }: {
    readonly offset: number;
    readonly topic: string;
    readonly cause: StoreError<"MESSAGE_TOO_LARGE">;
  },
): StoreError<"MESSAGE_TOO_LARGE"> {
  const { reason, byteLength, limit } = cause;
  const message = `Cannot put a copy of offset ${offset} of ${queue} into topic ` +
    `${quotePath(topic)}: the copy does not fit, its ${reason} of ${byteLength} bytes is over ` +
    `the limit of ${limit}`;
  const remedy = "have `handle` not throw for this message, or move group " +
    `${quotePath(group)} past it by store.moveGroup() or streambed groups --reset`;
  const details = { offset, byteLength, limit, remedy, cause };
  return storeError("MESSAGE_TOO_LARGE", reason, message, details);
}

const LARGER_LIMITS = "split it, or create the store with larger limits";
const TOO_LARGE_REMEDIES: Readonly<Record<StoreErrorReasons["MESSAGE_TOO_LARGE"], string>> = {
  body: LARGER_LIMITS,
  properties: "shorten keys and properties; put the rest into the body",
  record: LARGER_LIMITS,
  batch: LARGER_LIMITS,
  checkpoint: "keep less in the state, or create the store with larger segments",
};

/** A group is already reading a queue that it was to read or to be moved in. */
export function groupBusy(
  group: string,
  queue: string,
  holder: LockedBy,
): StoreError<"GROUP_BUSY"> {
  const message = `Cannot read ${queue} as group ${quotePath(group)}: ` +
    `${holderName(holder, "another process")} reads it as the group already`;
  const reason = holder.where === "elsewhere" ? "other-process" : "this-process";
  const remedy = reason === "other-process"
    ? "close the other source or use another group"
    : "end the source, job or consume() of this process that has it, also one that a pipe has " +
      "left before its last message was done, or use another group";
  return storeError("GROUP_BUSY", reason, message, { remedy, processId: holder.processId });
}

/** A job's checkpoint is at an offset that its queue does not have. */
export function checkpointAhead(
  job: string,
  queue: string,
  { offset, latest }: { readonly offset: number; readonly latest: number },
): StoreError<"CHECKPOINT_AHEAD"> {
  const message =
    `Cannot resume job ${quotePath(job)}: its checkpoint is at offset ${offset} of ${queue}, ` +
    `which ends at ${latest}`;
  const remedy = "restore the log that belongs to it, or drop its checkpoints";
  return storeError("CHECKPOINT_AHEAD", undefined, message, { offset, remedy });
}

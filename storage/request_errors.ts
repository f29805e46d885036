/**
 * Errors about what a caller asked of an open store.
 *
 * @module
 */
import { quotePath } from "../ffi/mod.ts";
import { StoreError } from "./store_error.ts";

/** The store was used after `close()`. Open it again. */
export class StoreClosedError extends StoreError {
  /** Name of the class. */
  override readonly name = "StoreClosedError";
  /** What went wrong, for programs. */
  override readonly code = "CLOSED";

  /**
   * Makes the error.
   *
   * @param action What was tried, in words: `"append to store"`.
   * @param cause Why the store had failed before it was closed, if it had.
   */
  constructor(action: string, cause?: Error) {
    super(`Cannot ${action}: it is closed; open it again`, cause && { cause });
  }
}

/** The offset was deleted or not yet written. Choose one from `earliest` to `latest`. */
export class OffsetOutOfRangeError extends StoreError {
  /** Name of the class. */
  override readonly name = "OffsetOutOfRangeError";
  /** What went wrong, for programs. */
  override readonly code = "OFFSET_OUT_OF_RANGE";
  /** Offset that was asked for. */
  readonly offset: number;
  /** First offset that is there. */
  readonly earliest: number;
  /** Offset after the last one. */
  readonly latest: number;

  /**
   * Makes the error.
   *
   * @param queue Topic and queue in words.
   * @param offset Offset that was asked for.
   * @param range What is there.
   */
  constructor(queue: string, offset: number, range: { earliest: number; latest: number }) {
    super(
      `Cannot read ${queue}: offset ${offset} is not in ${range.earliest} to ${range.latest}; ` +
        `read from "earliest" or "latest"`,
    );
    this.offset = offset;
    this.earliest = range.earliest;
    this.latest = range.latest;
  }
}

/** What is too large. */
export type TooLargeReason = "body" | "properties" | "record" | "group";

/** A message, or an atomic group of them, is too large. Nothing was written. Split it, or raise the limit. */
export class MessageTooLargeError extends StoreError {
  /** Name of the class. */
  override readonly name = "MessageTooLargeError";
  /** What went wrong, for programs. */
  override readonly code = "MESSAGE_TOO_LARGE";
  /** What is too large. */
  readonly reason: TooLargeReason;
  /** How long it is, bytes. */
  readonly byteLength: number;
  /** How long it may be, bytes. */
  readonly limit: number;

  /**
   * Makes the error.
   *
   * @param reason What is too large.
   * @param byteLength How long it is, bytes.
   * @param limit How long it may be, bytes.
   */
  constructor(reason: TooLargeReason, byteLength: number, limit: number) {
    super(
      `Cannot append message: its ${reason} of ${byteLength} bytes is over the limit of ${limit}; ` +
        `split it, or create the store with larger limits`,
    );
    this.reason = reason;
    this.byteLength = byteLength;
    this.limit = limit;
  }
}

/** There is no such store, topic, queue or record. Create it, or look at what there is with `streambed ls`. */
export class NotFoundError extends StoreError {
  /** Name of the class. */
  override readonly name = "NotFoundError";
  /** What went wrong, for programs. */
  override readonly code = "NOT_FOUND";

  /**
   * Makes the error.
   *
   * @param action What was tried, in words.
   * @param detail What is missing and what to do.
   */
  constructor(action: string, detail: string) {
    super(`Cannot ${action}: ${detail}`);
  }
}

/** A `readOnly` store was asked to write. Open it without `readOnly`. */
export class ReadOnlyError extends StoreError {
  /** Name of the class. */
  override readonly name = "ReadOnlyError";
  /** What went wrong, for programs. */
  override readonly code = "READ_ONLY";

  /**
   * Makes the error.
   *
   * @param action What was tried, in words.
   */
  constructor(action: string) {
    super(`Cannot ${action}: the store was opened with readOnly; open it without`);
  }
}

/** The group already reads this queue in this process. Close the other source, or use another group. */
export class GroupBusyError extends StoreError {
  /** Name of the class. */
  override readonly name = "GroupBusyError";
  /** What went wrong, for programs. */
  override readonly code = "GROUP_BUSY";

  /**
   * Makes the error.
   *
   * @param group Name of the group.
   * @param queue Topic and queue in words.
   */
  constructor(group: string, queue: string) {
    super(
      `Cannot read ${queue} as group ${quotePath(group)}: the group reads it already; ` +
        `close the other source or use another group`,
    );
  }
}

/**
 * A job's checkpoint speaks of messages that its source log does not have, as after restoring an old backup.
 * Restore the log that belongs to it, or drop the checkpoints and start over.
 */
export class CheckpointAheadError extends StoreError {
  /** Name of the class. */
  override readonly name = "CheckpointAheadError";
  /** What went wrong, for programs. */
  override readonly code = "CHECKPOINT_AHEAD";
  /** Offset that the checkpoint goes on from. */
  readonly offset: number;
  /** Offset after the last one that the source has. */
  readonly latest: number;

  /**
   * Makes the error.
   *
   * @param job Name of the job.
   * @param queue Topic and queue in words.
   * @param place The checkpoint's offset, and the end of the source.
   */
  constructor(job: string, queue: string, place: { offset: number; latest: number }) {
    super(
      `Cannot resume job ${
        quotePath(job)
      }: its checkpoint is at offset ${place.offset} of ${queue}, ` +
        `which ends at ${place.latest}; restore the log that belongs to it, or drop its checkpoints`,
    );
    this.offset = place.offset;
    this.latest = place.latest;
  }
}

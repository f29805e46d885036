/**
 * Takes messages in: checks them and prepares everything that does not depend on their place.
 *
 * @module
 */
import { argumentError, messageTooLarge } from "../errors.ts";
import {
  ATOMIC_BATCH_COUNT_MAX,
  type AtomicBatchPlace,
  BLANK_BYTE_LENGTH_MIN,
  checkMessageInput,
  COPY_BYTE_LENGTH_MORE,
  DELIVERED_BYTE_LENGTH_MAX,
  type PreparedMessage,
  prepareInput,
  prepareSentBack,
  prepareSentBackCopy,
  type SentBackCopy,
  type SentBackRecord,
  type SettledRecord,
  takeMessage,
} from "../layout/mod.ts";
import { storedBodyOf } from "../read/mod.ts";
import type { Geometry, Message } from "../types.ts";

/**
 * Checks and prepares the messages of one call.
 *
 * @throws {TypeError} If a field is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If one, or the batch, is too large. Nothing was
 * written.
 */
export function takeAll(
  messages: Iterable<Message>,
  isAtomic: boolean,
  { geometry, now }: { readonly geometry: Geometry; readonly now: number },
): PreparedMessage[] {
  // An iterator may reuse its buffer for the next message, so each is taken when it is yielded.
  const list = Array.isArray(messages)
    ? messages as readonly Message[]
    : Array.from(messages, (message) => takeMessage(message));
  const count = list.length;
  if (isAtomic && count > ATOMIC_BATCH_COUNT_MAX) {
    throw argumentError(
      "ERR_OUT_OF_RANGE",
      `Cannot append batch: ${count} messages are over the limit of ${ATOMIC_BATCH_COUNT_MAX}`,
    );
  }
  const prepared: PreparedMessage[] = [];
  for (let index = 0; index < count; index++) {
    const batch = isAtomic && count > 1 ? { index, count } : undefined;
    prepared.push(takeOne(list[index], geometry, now, batch));
  }
  for (const message of prepared) refuseChanged(message);
  if (!isAtomic) return prepared;
  const byteLength = prepared.reduce((sum, message) => sum + message.byteLength, 0);
  refuseLong("batch", byteLength, geometry);
  return prepared;
}

/**
 * Checks and prepares one message, as {@linkcode takeAll} does; `bornTimestamp`, ms since epoch, is
 * used if it has none.
 */
export function takeOne(
  message: Message,
  geometry: Geometry,
  bornTimestamp: number,
  batch?: AtomicBatchPlace,
): PreparedMessage {
  const prepared = prepareInput(checkMessageInput(message), bornTimestamp, batch);
  refuseTooLarge(prepared, geometry);
  return prepared;
}

/**
 * Prepares copies of messages that a group sends back, and behind them the record that tells so.
 *
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If a copy, or all together, is too large.
 */
export function takeSentBack(
  copies: readonly SentBackCopy[],
  told: SentBackRecord | SettledRecord,
  { geometry, now }: { readonly geometry: Geometry; readonly now: number },
): PreparedMessage[] {
  const count = copies.length + 1;
  const placeOf = (index: number) => count > 1 ? { index, count } : undefined;
  const prepared = [
    ...copies.map((copy, index) => {
      // What came compressed may be too long without.
      const stored = storedBodyOf(copy.message);
      return prepareSentBackCopy({ ...copy, stored }, now, placeOf(index));
    }),
    prepareSentBack(told, now, placeOf(count - 1)),
  ];
  for (const message of prepared) refuseTooLarge(message, geometry);
  refuseLong("batch", prepared.reduce((sum, { byteLength }) => sum + byteLength, 0), geometry);
  return prepared;
}

/** Refuses what is longer than the geometry has room for. */
export function refuseTooLarge(prepared: PreparedMessage, geometry: Geometry): void {
  const { maxBodyByteLength } = geometry;
  if (prepared.body.length > maxBodyByteLength) {
    throw messageTooLarge("body", prepared.body.length, maxBodyByteLength);
  }
  refuseLong("record", prepared.byteLength, geometry);
  if (prepared.deliveredTo !== undefined) {
    // It is delivered in one batch with the record that tells so.
    const more = COPY_BYTE_LENGTH_MORE + DELIVERED_BYTE_LENGTH_MAX;
    refuseLong("batch", prepared.byteLength + more, geometry);
  }
}

/** Refuses what fits into no segment, together with a blank record behind it. */
function refuseLong(what: "record" | "batch", byteLength: number, geometry: Geometry): void {
  const room = geometry.segmentByteLength - BLANK_BYTE_LENGTH_MIN;
  if (byteLength > room) throw messageTooLarge(what, byteLength, room);
}

/** A getter of a later message may have cut or transferred the body of an earlier one. */
function refuseChanged(message: PreparedMessage): void {
  if (message.body.length === message.bodyByteLength) return;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    "Cannot store message: the length of its body changed while the messages were read",
  );
}

/**
 * Takes messages in: checks them and prepares everything that does not depend on their place.
 *
 * @module
 */
import { argumentError, messageTooLarge } from "../errors.ts";
import type { EnvironmentClock } from "../environment.ts";
import {
  ATOMIC_BATCH_COUNT_MAX,
  BLANK_BYTE_LENGTH_MIN,
  checkMessageInput,
  type PreparedMessage,
  prepareMessage,
  takeMessage,
} from "../layout/mod.ts";
import type { Geometry, Message } from "../types.ts";

/** Checks and prepares messages for one store. */
export class MessageIntake {
  readonly #clock: EnvironmentClock;
  readonly #geometry: Geometry;

  constructor(clock: EnvironmentClock, geometry: Geometry) {
    this.#clock = clock;
    this.#geometry = geometry;
  }

  /**
   * Prepares messages.
   *
   * @throws {TypeError} If a field is wrong.
   * @throws {RangeError} If a number is out of range.
   * @throws {StoreError<"MESSAGE_TOO_LARGE">} If one, or the batch, is too large. Nothing was
   * written.
   */
  prepareAll(messages: Iterable<Message>, isAtomic: boolean): PreparedMessage[] {
    // An iterator may reuse its buffer for the next message, so each is taken when it is yielded.
    const list = Array.isArray(messages)
      ? messages as readonly Message[]
      : Array.from(messages, (message) => takeMessage(message));
    const now = this.#clock.now();
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
      prepared.push(this.#prepare(list[index], now, batch));
    }
    for (const message of prepared) refuseChanged(message);
    if (isAtomic) this.#refuseLargeBatch(prepared);
    return prepared;
  }

  /** Prepares one message; `bornTimestamp`, ms since epoch, is used if it has none. */
  prepare(message: Message, bornTimestamp: number): PreparedMessage {
    return this.#prepare(message, bornTimestamp);
  }

  #prepare(
    message: Message,
    bornTimestamp: number,
    batch?: { index: number; count: number },
  ): PreparedMessage {
    const { maxBodyByteLength, segmentByteLength } = this.#geometry;
    const prepared = prepareMessage(checkMessageInput(message), bornTimestamp, batch);
    if (prepared.body.length > maxBodyByteLength) {
      throw messageTooLarge("body", prepared.body.length, maxBodyByteLength);
    }
    const room = segmentByteLength - BLANK_BYTE_LENGTH_MIN;
    if (prepared.byteLength > room) {
      throw messageTooLarge("record", prepared.byteLength, room);
    }
    return prepared;
  }

  #refuseLargeBatch(prepared: readonly PreparedMessage[]): void {
    const byteLength = prepared.reduce((sum, message) => sum + message.byteLength, 0);
    const room = this.#geometry.segmentByteLength - BLANK_BYTE_LENGTH_MIN;
    if (byteLength > room) throw messageTooLarge("batch", byteLength, room);
  }
}

/** A getter of a later message may have cut or transferred the body of an earlier one. */
function refuseChanged(message: PreparedMessage): void {
  if (message.body.length === message.bodyByteLength) return;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    "Cannot store message: the length of its body changed while the messages were read",
  );
}

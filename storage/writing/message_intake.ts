/**
 * Takes messages in: checks them and prepares everything that does not depend on their place.
 *
 * @module
 */
import { MessageTooLargeError } from "../errors.ts";
import type { Clock } from "../environment.ts";
import {
  ATOMIC_GROUP_COUNT_MAX,
  BLANK_BYTE_LENGTH_MIN,
  checkMessageInput,
  OWN_BORN_HOST,
  OWN_STORE_HOST,
  parseHostAddress,
  type PreparedMessage,
  prepareMessage,
} from "../layout/mod.ts";
import type { Geometry, Message } from "../types.ts";

/** Checks and prepares messages for one store. */
export class MessageIntake {
  readonly #clock: Clock;
  readonly #geometry: Geometry;
  readonly #storeHost: Uint8Array = parseHostAddress(OWN_STORE_HOST)!;
  readonly #bornHost: Uint8Array = parseHostAddress(OWN_BORN_HOST)!;

  /**
   * Makes an intake.
   *
   * @param clock Tells when a message without bornTimestamp was born.
   * @param geometry The store's limits.
   */
  constructor(clock: Clock, geometry: Geometry) {
    this.#clock = clock;
    this.#geometry = geometry;
  }

  /**
   * Prepares messages.
   *
   * @param messages The messages.
   * @param isAtomic Whether they are one group.
   * @returns Prepared messages, in order.
   * @throws {TypeError} If a field is wrong.
   * @throws {RangeError} If a number is out of range.
   * @throws {MessageTooLargeError} If one, or the group, is too large. Nothing was written.
   */
  prepareAll(messages: Iterable<Message>, isAtomic: boolean): PreparedMessage[] {
    const list = Array.isArray(messages) ? messages as Message[] : [...messages];
    const bornTimestamp = this.#clock.now();
    const count = list.length;
    if (isAtomic && count > ATOMIC_GROUP_COUNT_MAX) {
      throw new RangeError(
        `Cannot append group: ${count} messages are over the limit of ${ATOMIC_GROUP_COUNT_MAX}`,
      );
    }
    const prepared = list.map((message, index) => {
      const group = isAtomic && count > 1 ? { index, count } : undefined;
      return this.#prepare(message, bornTimestamp, group);
    });
    if (isAtomic) this.#refuseLargeGroup(prepared);
    return prepared;
  }

  /**
   * Prepares one message.
   *
   * @param message The message.
   * @returns The prepared message.
   */
  prepare(message: Message): PreparedMessage {
    return this.#prepare(message, this.#clock.now(), undefined);
  }

  #prepare(
    message: Message,
    bornTimestamp: number,
    group: { index: number; count: number } | undefined,
  ): PreparedMessage {
    checkMessageInput(message);
    const { maxMessageByteLength, segmentByteLength } = this.#geometry;
    const defaults = { bornTimestamp, bornHost: this.#bornHost, storeHost: this.#storeHost };
    const prepared = prepareMessage(message, defaults, group);
    if (prepared.body.length > maxMessageByteLength) {
      throw new MessageTooLargeError("body", prepared.body.length, maxMessageByteLength);
    }
    const room = segmentByteLength - BLANK_BYTE_LENGTH_MIN;
    if (prepared.byteLength > room) {
      throw new MessageTooLargeError("record", prepared.byteLength, room);
    }
    return prepared;
  }

  #refuseLargeGroup(prepared: readonly PreparedMessage[]): void {
    const byteLength = prepared.reduce((sum, message) => sum + message.byteLength, 0);
    const room = this.#geometry.segmentByteLength - BLANK_BYTE_LENGTH_MIN;
    if (byteLength > room) throw new MessageTooLargeError("group", byteLength, room);
  }
}

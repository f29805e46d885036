/**
 * Whether Streambed wrote a message, for adapters that keep something in messages: what a broker copied of it is a message like any other.
 *
 * @module
 */
import { OWN_BORN_HOST, OWN_STORE_HOST, RECORD_CRC_NAME } from "./layout/mod.ts";
import type { Store, StoredMessage } from "./types.ts";

/** Not part of what users see of a store. */
export const IS_OWN: unique symbol = Symbol("streambed.isOwn");

/** A store that knows which records are its own. */
export interface OwnTeller {
  /**
   * Whether Streambed wrote the record at a position; `undefined` if nobody has said so. Where it did, whoever read it has seen that its
   * whole-record CRC is right.
   */
  [IS_OWN](position: number): boolean | undefined;
}

/**
 * Tells whether Streambed wrote a message. Where nobody has said so, by its form, which no copy of it has.
 *
 * @param store The open store that it was read from.
 * @param message The message.
 * @returns Whether it did.
 */
export function isOwnMessage(store: Store, message: StoredMessage): boolean {
  return (store as Partial<OwnTeller>)[IS_OWN]?.(message.position) ?? hasOwnForm(message);
}

function hasOwnForm(message: StoredMessage): boolean {
  return message.sysFlag === 0 && message.reconsumeTimes === 0 &&
    message.preparedPosition === 0 && message.bornHost === OWN_BORN_HOST &&
    message.storeHost === OWN_STORE_HOST && message.properties.has(RECORD_CRC_NAME);
}

/**
 * What all records that Streambed writes have in common.
 *
 * @module
 */
import type { RecordView } from "./record_view.ts";

/** The host that they name as their store: what RocketMQ's records name, unless a broker says otherwise. */
export const OWN_STORE_HOST = "127.0.0.1:10911";
/** The host that they name as their origin. A client has a port, so a producer's record never names it. */
export const OWN_BORN_HOST = "127.0.0.1:0";

/**
 * Tells whether a record has the form of ours. A broker's copy of one has not, even where its whole-record CRC is right: it counts how
 * often the message was sent back, is half of a transaction, or names the broker's own host.
 *
 * @param record A record whose CRC was checked.
 * @returns Whether it has.
 */
export function looksOwn(record: RecordView): boolean {
  return record.recordCrc === "right" && record.sysFlag === 0 && record.reconsumeTimes === 0 &&
    record.preparedTransactionOffset === 0 && record.bornHost() === OWN_BORN_HOST &&
    record.storeHost() === OWN_STORE_HOST;
}

/**
 * Records in a log as a broker writes them: any properties, hosts and flags, and no whole-record
 * checksum unless it is told to.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  decodeRecord,
  encodeMessageInto,
  formatSegmentName,
  parseHostAddress,
  prepareMessage,
  RECORD_CRC_BYTE_LENGTH,
  RecordView,
} from "../../storage/layout/mod.ts";
import type { StoredMessage } from "../../storage/mod.ts";

/** A record of somebody else's. */
export interface ForeignRecord {
  readonly topic: string;
  readonly queueId?: number;
  /** Index in its queue. */
  readonly offset: number;
  readonly body: Uint8Array | string;
  readonly properties?: ReadonlyMap<string, string>;
  /** When it is stored, ms since epoch. */
  readonly time: number;
  readonly bornHost?: string;
  readonly storeHost?: string;
  readonly sysFlag?: number;
  readonly reconsumeTimes?: number;
  readonly preparedTransactionOffset?: number;
  /** Whether the broker appends the whole-record checksum (`enabledAppendPropCRC`). */
  readonly hasCrc?: boolean;
}

/**
 * What a broker stores when a consumer sends a message back: its body and all its properties,
 * counted, in a topic of the group.
 */
export function sentBack(message: StoredMessage, offset: number): ForeignRecord {
  return {
    topic: "%RETRY%group",
    offset,
    body: message.body,
    properties: new Map([...message.properties, ["RETRY_TOPIC", message.topic]]),
    time: message.storeTimestamp + 5,
    bornHost: message.bornHost,
    reconsumeTimes: message.reconsumeTimes + 1,
  };
}

/**
 * Encodes a record.
 *
 * @param foreign What it says.
 * @param position Its position.
 * @returns Its bytes.
 */
export function foreignRecord(foreign: ForeignRecord, position: number): Uint8Array {
  const { topic, queueId, body, properties, offset, time, hasCrc = false } = foreign;
  const [bornHost, storeHost] = [foreign.bornHost, foreign.storeHost].map((host) =>
    parseHostAddress(host ?? "127.0.0.1:10911")!
  );
  const defaults = { bornTimestamp: time, bornHost, storeHost };
  const prepared = prepareMessage({ topic, queueId, body, properties }, defaults);
  const { sysFlag = prepared.sysFlag, reconsumeTimes = 0, preparedTransactionOffset = 0 } = foreign;
  const bytes = new Uint8Array(prepared.byteLength);
  const view = new DataView(bytes.buffer);
  encodeMessageInto(
    bytes,
    view,
    0,
    { ...prepared, sysFlag, reconsumeTimes, preparedTransactionOffset },
    { queueOffset: offset, position, storeTimestamp: time },
  );
  if (hasCrc) return bytes;
  const record = new RecordView();
  decodeRecord(bytes, view, 0, bytes.length, record);
  view.setInt32(0, bytes.length - RECORD_CRC_BYTE_LENGTH);
  view.setInt16(record.propertiesStart - 2, record.propertiesByteLength - RECORD_CRC_BYTE_LENGTH);
  return bytes.subarray(0, bytes.length - RECORD_CRC_BYTE_LENGTH);
}

/**
 * Writes records into a log, one behind the other.
 *
 * @param root Directory of the store, which nobody has open.
 * @param position Position of the first one; all of them fit into its segment.
 * @param records The records.
 * @param segmentByteLength Length of the segments, bytes.
 * @returns Position of each, and the one after the last.
 */
export function writeForeign(
  root: string,
  position: number,
  records: readonly ForeignRecord[],
  segmentByteLength: number,
): number[] {
  const base = position - position % segmentByteLength;
  const file = openSync(join(root, "commitlog", formatSegmentName(base)), "r+");
  const positions = [position];
  for (const record of records) {
    const at = positions.at(-1)!;
    const bytes = foreignRecord(record, at);
    writeSync(file, bytes, 0, bytes.length, at - base);
    positions.push(at + bytes.length);
  }
  closeSync(file);
  return positions;
}

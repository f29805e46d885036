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
  prepareMessage,
  RECORD_CRC_BYTE_LENGTH,
  RECORD_PREFIX,
  RecordView,
  sealRecord,
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
  const prepared = prepareMessage({ topic, queueId, body, properties }, time);
  const bytes = new Uint8Array(prepared.byteLength);
  const view = new DataView(bytes.buffer);
  const place = { queueOffset: offset, position, storeTimestamp: time };
  encodeMessageInto(bytes, view, 0, prepared, place);
  const { offsets } = RECORD_PREFIX;
  bytes.set(hostBytes(foreign.bornHost), offsets.bornHost);
  bytes.set(hostBytes(foreign.storeHost), offsets.storeHost);
  view.setInt32(offsets.sysFlag, foreign.sysFlag ?? 0);
  view.setInt32(offsets.reconsumeTimes, foreign.reconsumeTimes ?? 0);
  const { preparedTransactionOffset = 0 } = foreign;
  view.setBigInt64(offsets.preparedTransactionOffset, BigInt(preparedTransactionOffset));
  sealRecord(view, 0, bytes.length);
  if (hasCrc) return bytes;
  const record = new RecordView();
  decodeRecord(bytes, view, 0, bytes.length, record);
  view.setInt32(0, bytes.length - RECORD_CRC_BYTE_LENGTH);
  view.setInt16(record.propertiesStart - 2, record.propertiesByteLength - RECORD_CRC_BYTE_LENGTH);
  return bytes.subarray(0, bytes.length - RECORD_CRC_BYTE_LENGTH);
}

/** The 8 bytes of a host such as `1.2.3.4:10911`. */
function hostBytes(host = "127.0.0.1:10911"): Uint8Array {
  const [address, port] = host.split(":");
  const bytes = Uint8Array.of(...address.split(".").map(Number), 0, 0, 0, 0);
  new DataView(bytes.buffer).setInt32(4, Number(port));
  return bytes;
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

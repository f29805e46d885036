/**
 * How many single wrong bytes of a record pass for a good one, by its own checksums alone.
 *
 * @module
 */
import { checkRecord, RecordView } from "../../storage/layout/mod.ts";

/** What was counted. */
export interface RecordFlips {
  /** Records that were looked at. */
  records: number;
  /** Bytes set to another value. */
  flips: number;
  /** Flips after which the record was taken for a good one. */
  accepted: number;
}

/**
 * Sets every byte of the records of a log to every other value.
 *
 * @param log The log from position 0 on.
 * @param crc Whether the whole-record checksum must be there.
 * @param limit How many records to look at.
 * @returns What was counted.
 */
export function flipRecords(
  log: Uint8Array,
  crc: "required" | "optional",
  limit: number,
): RecordFlips {
  const bytes = log.slice();
  const view = new DataView(bytes.buffer);
  const record = new RecordView();
  const result = { records: 0, flips: 0, accepted: 0 };
  for (let at = 0; result.records < limit;) {
    const expected = { position: at, crc };
    if (checkRecord(bytes, view, at, bytes.length - at, expected, record) !== record) break;
    const end = at + record.byteLength;
    for (let byte = at; byte < end; byte++) {
      const whole = bytes[byte];
      for (let value = 0; value < 256; value++) {
        if (value === whole) continue;
        bytes[byte] = value;
        result.flips++;
        const found = checkRecord(bytes, view, at, bytes.length - at, expected, record);
        if (found === record) result.accepted++;
      }
      bytes[byte] = whole;
    }
    result.records++;
    at = end;
  }
  return result;
}

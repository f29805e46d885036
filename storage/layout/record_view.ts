/**
 * A decoded record: numbers and places, filled in again for each record of a scan, and methods that
 * read the rest on demand; and what all records that Streambed writes have in common.
 *
 * @module
 */
import { type AtomicBatchPlace, parseAtomicBatch } from "./atomic_batch.ts";
import { ByteStringCache } from "./utf8.ts";
import { formatHostAddress, OWN_BORN_HOST, OWN_STORE_HOST } from "./host_address.ts";
import { recordPrefix } from "./message_record.ts";
import { parseProperties, propertyPattern, propertyValue } from "./message_properties.ts";
import { RECORD_CRC_BYTE_LENGTH, type RecordCrcState } from "./record_crc.ts";
import { viewBytes, viewOf } from "./byte_slab.ts";
import { ATOMIC_BATCH_NAME, KEYS_NAME, TAGS_NAME, UNIQ_KEY_NAME } from "./names.ts";

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const topics = new ByteStringCache();
const KEYS = propertyPattern(KEYS_NAME);
const TAGS = propertyPattern(TAGS_NAME);
const UNIQ_KEY = propertyPattern(UNIQ_KEY_NAME);
const BATCH = propertyPattern(ATOMIC_BATCH_NAME);

/**
 * A record in a buffer. All `...Start` are offsets in {@linkcode RecordView.bytes}; the methods
 * read that buffer when called, so it must still hold the record.
 */
export class RecordView {
  readonly kind = "message";
  /** The buffer that holds the record. */
  bytes: Uint8Array = NO_BYTES;
  /** The same bytes. */
  view: DataView = NO_VIEW;
  start = 0;
  /** Bytes of the record. */
  byteLength = 0;
  magic = 0;
  /** As stored. */
  bodyCrc = 0;
  queueId = 0;
  flag = 0;
  queueOffset = 0;
  /** As the record says itself. */
  position = 0;
  sysFlag = 0;
  /** Ms since epoch. */
  bornTimestamp = 0;
  /** Ms since epoch. */
  storeTimestamp = 0;
  reconsumeTimes = 0;
  /** Position of the half message of a committed transaction, or 0. */
  preparedTransactionOffset = 0;
  bodyStart = 0;
  bodyByteLength = 0;
  topicStart = 0;
  topicByteLength = 0;
  propertiesStart = 0;
  propertiesByteLength = 0;
  /** What the whole-record checksum said. */
  recordCrc: RecordCrcState | "unchecked" = "unchecked";

  /** The same record in a buffer of its own. */
  copy(): RecordView {
    const { start, byteLength } = this;
    const copy = Object.assign(new RecordView(), this);
    copy.bytes = this.bytes.slice(start, start + byteLength);
    copy.view = viewOf(copy.bytes);
    copy.start = 0;
    copy.bodyStart -= start;
    copy.topicStart -= start;
    copy.propertiesStart -= start;
    return copy;
  }

  /** The topic, cached by its bytes: topics come again and again. */
  topic(): string {
    return topics.get(this.bytes, this.topicStart, this.topicStart + this.topicByteLength);
  }

  /** The body: a view, not a copy. */
  body(): Uint8Array {
    return viewBytes(this.view, this.bodyStart, this.bodyStart + this.bodyByteLength);
  }

  /** All properties, the checksum included. */
  properties(): Map<string, string> {
    return parseProperties(this.bytes, this.propertiesStart, this.#propertiesEnd());
  }

  /** Reads one property by its `propertyPattern()` without parsing the others. */
  property(pattern: Uint8Array): string | undefined {
    // The last pair of nearly every record is its checksum, which is not asked for.
    const crcByteLength = this.recordCrc === "right" ? RECORD_CRC_BYTE_LENGTH : 0;
    const end = this.#propertiesEnd() - crcByteLength;
    return propertyValue(this.bytes, this.propertiesStart, end, pattern);
  }

  tags(): string | undefined {
    return this.property(TAGS);
  }

  /** Separated by spaces. */
  keys(): string | undefined {
    return this.property(KEYS);
  }

  uniqKey(): string | undefined {
    return this.property(UNIQ_KEY);
  }

  /** The place in an atomic batch; `undefined` without one or if malformed. */
  atomicBatch(): AtomicBatchPlace | undefined {
    const value = this.property(BATCH);
    return value === undefined ? undefined : parseAtomicBatch(value);
  }

  /** `1.2.3.4:10911` or `[::1]:0`. */
  bornHost(): string {
    const { offsets } = recordPrefix(this.sysFlag);
    return this.#host(offsets.bornHost, offsets.storeTimestamp);
  }

  /** `1.2.3.4:10911` or `[::1]:0`. */
  storeHost(): string {
    const { offsets } = recordPrefix(this.sysFlag);
    return this.#host(offsets.storeHost, offsets.reconsumeTimes);
  }

  #host(from: number, to: number): string {
    return formatHostAddress(this.bytes, this.start + from, to - from);
  }

  #propertiesEnd(): number {
    return this.propertiesStart + this.propertiesByteLength;
  }
}

/**
 * Whether a record with a right CRC has the form of ours. A broker's copy of one does not, even if
 * its whole-record CRC is right: it was sent back, is half of a transaction, or names the broker's
 * host.
 */
export function looksOwn(record: RecordView): boolean {
  return record.recordCrc === "right" && hasOwnHead(record);
}

/** Whether the fields before the body are as ours; a broker that delivers ours leaves them so. */
export function hasOwnHead(record: RecordView): boolean {
  return record.sysFlag === 0 && record.reconsumeTimes === 0 &&
    record.preparedTransactionOffset === 0 && record.bornHost() === OWN_BORN_HOST &&
    record.storeHost() === OWN_STORE_HOST;
}

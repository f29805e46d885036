/**
 * A decoded record: numbers and places, filled in again for each record of a scan, and what can be had
 * from them when somebody asks.
 *
 * @module
 */
import type { AtomicBatchPlace } from "./atomic_batch.ts";
import { parseAtomicBatch } from "./atomic_batch.ts";
import { ByteStringCache } from "./byte_string_cache.ts";
import { formatHostAddress } from "./host_address.ts";
import { bornHostByteLength, recordPrefix, storeHostByteLength } from "./message_record.ts";
import { parseProperties, propertyPattern, propertyValue } from "./message_properties.ts";
import type { RecordCrcState } from "./record_crc.ts";
import { viewBytes } from "./view_bytes.ts";
import { ATOMIC_BATCH_NAME, KEYS_NAME, TAGS_NAME, UNIQ_KEY_NAME } from "./names.ts";

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const topics = new ByteStringCache();
const KEYS = propertyPattern(KEYS_NAME);
const TAGS = propertyPattern(TAGS_NAME);
const UNIQ_KEY = propertyPattern(UNIQ_KEY_NAME);
const BATCH = propertyPattern(ATOMIC_BATCH_NAME);

/**
 * A record in a buffer. All `...Start` are offsets in {@linkcode RecordView.bytes}; the methods read that
 * buffer when they are called, so it must still hold the record then.
 */
export class RecordView {
  /** Tells a message from the other outcomes of a check. */
  readonly kind = "message";
  /** The buffer that holds the record. */
  bytes: Uint8Array = NO_BYTES;
  /** The same bytes, from the same first byte. */
  view: DataView = NO_VIEW;
  /** Where the record starts in it. */
  start = 0;
  /** Bytes of the record. */
  byteLength = 0;
  /** The magic number: version 1 or 2. */
  magic = 0;
  /** The body's checksum, as stored. */
  bodyCrc = 0;
  /** The queue of the topic. */
  queueId = 0;
  /** The user's number. */
  flag = 0;
  /** Index of the message in its queue. */
  queueOffset = 0;
  /** Position of the record, as it says itself. */
  position = 0;
  /** Compression, transaction and host families. */
  sysFlag = 0;
  /** When the message was made, in ms since epoch. */
  bornTimestamp = 0;
  /** When it was stored, in ms since epoch. */
  storeTimestamp = 0;
  /** How often it was sent back. */
  reconsumeTimes = 0;
  /** Position of the half message of a committed transaction, or 0. */
  preparedTransactionOffset = 0;
  /** Where the body starts. */
  bodyStart = 0;
  /** Bytes of the body. */
  bodyByteLength = 0;
  /** Where the topic starts. */
  topicStart = 0;
  /** Bytes of the topic. */
  topicByteLength = 0;
  /** Where the properties start. */
  propertiesStart = 0;
  /** Bytes of the properties. */
  propertiesByteLength = 0;
  /** What the whole-record checksum said; `unchecked` if nobody asked. */
  recordCrc: RecordCrcState | "unchecked" = "unchecked";

  /**
   * Reads the topic. Topics come again and again, so their texts are cached by bytes.
   *
   * @returns The topic.
   */
  topic(): string {
    return topics.get(this.bytes, this.topicStart, this.topicStart + this.topicByteLength);
  }

  /**
   * Lends the body.
   *
   * @returns A view of the buffer, not a copy.
   */
  body(): Uint8Array {
    return viewBytes(this.view, this.bodyStart, this.bodyStart + this.bodyByteLength);
  }

  /**
   * Parses the properties.
   *
   * @returns All of them, the checksum property included.
   */
  properties(): Map<string, string> {
    return parseProperties(this.bytes, this.propertiesStart, this.#propertiesEnd());
  }

  /**
   * Reads one property without parsing the others.
   *
   * @param pattern The name's `propertyPattern()`.
   * @returns The value, or `undefined` if there is none.
   */
  property(pattern: Uint8Array): string | undefined {
    return propertyValue(this.bytes, this.propertiesStart, this.#propertiesEnd(), pattern);
  }

  /**
   * Reads the tags.
   *
   * @returns The value of TAGS, or `undefined`.
   */
  tags(): string | undefined {
    return this.property(TAGS);
  }

  /**
   * Reads the keys.
   *
   * @returns The value of KEYS, in which spaces separate the keys, or `undefined`.
   */
  keys(): string | undefined {
    return this.property(KEYS);
  }

  /**
   * Reads the client's unique id.
   *
   * @returns The value of UNIQ_KEY, or `undefined`.
   */
  uniqKey(): string | undefined {
    return this.property(UNIQ_KEY);
  }

  /**
   * Reads the record's place in an atomic batch.
   *
   * @returns The place, or `undefined` if the record is in none or the property is malformed.
   */
  atomicBatch(): AtomicBatchPlace | undefined {
    const value = this.property(BATCH);
    return value === undefined ? undefined : parseAtomicBatch(value);
  }

  /**
   * Reads the producer's host.
   *
   * @returns `1.2.3.4:10911` or `[::1]:0`.
   */
  bornHost(): string {
    const at = this.start + recordPrefix(this.sysFlag).offsets.bornHost;
    return formatHostAddress(this.bytes, at, bornHostByteLength(this.sysFlag));
  }

  /**
   * Reads the store's host.
   *
   * @returns `1.2.3.4:10911` or `[::1]:0`.
   */
  storeHost(): string {
    const at = this.start + recordPrefix(this.sysFlag).offsets.storeHost;
    return formatHostAddress(this.bytes, at, storeHostByteLength(this.sysFlag));
  }

  #propertiesEnd(): number {
    return this.propertiesStart + this.propertiesByteLength;
  }
}

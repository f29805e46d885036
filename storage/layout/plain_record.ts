/**
 * Plain records: version 1, IPv4 hosts, sysFlag 0, and a whole-record checksum that is right.
 * Nearly all records are plain, and of a plain one a queue's entry tells nearly all fields
 * beforehand. So it is enough to compare them; nothing is decoded, and no object is made.
 *
 * What is said here is "plain" or "not plain", never what is wrong: of what is not plain
 * `checkRecord()` tells whether it is whole, and it would accept each record that is plain
 * ([why](../../docs/decisions/0094-plain-records.md)).
 *
 * @module
 */
import { assert } from "../assert.ts";
import { encodeUtf8, hasBytes, viewBytes, viewOf } from "./byte_slab.ts";
import { decodeRecord } from "./decode_message.ts";
import { areUnsignedHighWords, readI64 } from "./i64.ts";
import { MAGIC_V1, PROPERTIES_WIDTH, RECORD_PREFIX, TOPIC_WIDTH_V1 } from "./message_record.ts";
import { checkRecordCrc } from "./record_crc.ts";
import { RecordView } from "./record_view.ts";

const AT = RECORD_PREFIX.offsets;
const SYS_FLAG = 0;

/** Tells the plain records of one queue. */
export class PlainRecords {
  readonly #queueId: number;
  readonly #topic: Uint8Array;
  /** Bytes around the body, without properties. */
  readonly #leastByteLength: number;

  constructor(topic: string, queueId: number) {
    // A lone surrogate is encoded as what it is not, and so found in no record.
    assert(topic.isWellFormed(), "A queue has the topic of a record");
    this.#queueId = queueId;
    this.#topic = encodeUtf8(topic);
    this.#leastByteLength = RECORD_PREFIX.byteLength + TOPIC_WIDTH_V1 + this.#topic.length +
      PROPERTIES_WIDTH;
  }

  /**
   * Whether the `byteLength` bytes from `at` on, which can be read, are a plain record with that
   * offset in this queue and that position in the log.
   */
  has(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    byteLength: number,
    offset: number,
    position: number,
  ): boolean {
    return byteLength >= this.#leastByteLength &&
      view.getInt32(at + AT.totalSize) === byteLength &&
      view.getInt32(at + AT.magic) === MAGIC_V1 &&
      view.getInt32(at + AT.sysFlag) === SYS_FLAG &&
      view.getInt32(at + AT.queueId) === this.#queueId &&
      readI64(view, at + AT.queueOffset) === offset &&
      readI64(view, at + AT.physicalOffset) === position &&
      areUnsignedHighWords(
        view.getInt32(at + AT.bornTimestamp) | view.getInt32(at + AT.storeTimestamp) |
          view.getInt32(at + AT.preparedTransactionOffset),
      ) &&
      this.#hasParts(bytes, view, at, at + byteLength);
  }

  /** Whether the parts add up, the topic is this one, and the checksum is right. */
  #hasParts(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    const topic = this.#topic;
    const bodyByteLength = view.getInt32(at + AT.bodyLength);
    const spare = end - at - this.#leastByteLength;
    if (bodyByteLength < 0 || bodyByteLength > spare) return false;
    const topicAt = at + RECORD_PREFIX.byteLength + bodyByteLength + TOPIC_WIDTH_V1;
    const propertiesAt = topicAt + topic.length + PROPERTIES_WIDTH;
    return view.getInt8(topicAt - TOPIC_WIDTH_V1) === topic.length &&
      view.getInt16(propertiesAt - PROPERTIES_WIDTH) === end - propertiesAt &&
      hasBytes(bytes, topicAt, topic) &&
      checkRecordCrc(bytes, view, at, propertiesAt, end) === "right";
  }
}

/** A plain record in a buffer, which must still hold it when fields are asked for. */
export class PlainRecord {
  /** The buffer that holds the record. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  readonly start: number;
  /** Bytes of the record. */
  readonly byteLength: number;
  readonly position: number;

  constructor(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    byteLength: number,
    position: number,
  ) {
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.byteLength = byteLength;
    this.position = position;
  }

  get sysFlag(): number {
    return SYS_FLAG;
  }

  /** The body: a view, not a copy. */
  body(): Uint8Array {
    const from = this.start + RECORD_PREFIX.byteLength;
    return viewBytes(this.view, from, from + this.view.getInt32(this.start + AT.bodyLength));
  }

  /** The same record in a buffer of its own. */
  copy(): PlainRecord {
    const { start, byteLength } = this;
    const bytes = this.bytes.slice(start, start + byteLength);
    return new PlainRecord(bytes, viewOf(bytes), 0, byteLength, this.position);
  }

  /** All fields. */
  decode(): RecordView {
    const record = new RecordView();
    const damage = decodeRecord(this.bytes, this.view, this.start, this.byteLength, record);
    assert(damage === undefined, "A record that was checked can be decoded");
    record.recordCrc = "right";
    return record;
  }
}

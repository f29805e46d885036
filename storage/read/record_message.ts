/**
 * A record as a reader gets it: fields are decoded when somebody asks.
 *
 * @module
 */
import { batchCount } from "../derived/mod.ts";
import { argumentError, queueName } from "../errors.ts";
import {
  decompressBody,
  type DecompressedBody,
  FLAG_COMPRESSED,
  FLAG_INNER_BATCH,
  isDetached,
  KEYS_NAME,
  type RecordView,
  splitKeys,
} from "../layout/mod.ts";
import type { StoredMessage } from "../types.ts";

// A first U+FEFF is a part of a text, and may stand before JSON.
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const jsonDecoder = new TextDecoder();

/** A message over a copy of its record. */
export class RecordMessage implements StoredMessage {
  /** Topic of the queue it was read from. */
  readonly topic: string;
  /** Queue it was read from. */
  readonly queueId: number;
  /** Index in that queue. */
  readonly offset: number;
  readonly #record: RecordView;
  #properties: ReadonlyMap<string, string> | undefined;
  #decoded: DecompressedBody | undefined;

  /**
   * Wraps a record. Its buffer must not change any more.
   *
   * @param record The record.
   * @param topic Topic of the queue it was read from.
   * @param queueId Queue it was read from.
   * @param offset Index in that queue.
   */
  constructor(record: RecordView, topic: string, queueId: number, offset: number) {
    this.#record = record;
    this.topic = topic;
    this.queueId = queueId;
    this.offset = offset;
  }

  /** Offset at which reading goes on behind it. */
  get nextOffset(): number {
    return this.offset + this.#count();
  }

  /** Position of the record's first byte in the log. */
  get position(): number {
    return this.#record.position;
  }

  /** Length of the whole record in bytes. */
  get byteLength(): number {
    return this.#record.byteLength;
  }

  /** When it was stored, ms since epoch. */
  get storeTimestamp(): number {
    return this.#record.storeTimestamp;
  }

  /** When it came into being, ms since epoch. */
  get bornTimestamp(): number {
    return this.#record.bornTimestamp;
  }

  /** RocketMQ's system flags, without the compression that was undone. */
  get sysFlag(): number {
    const { sysFlag } = this.#record;
    return (sysFlag & FLAG_COMPRESSED) === 0 ? sysFlag : this.#decode().sysFlag;
  }

  /** The caller's number. */
  get flag(): number {
    return this.#record.flag;
  }

  /** How often a consumer sent it back. */
  get reconsumeTimes(): number {
    return this.#record.reconsumeTimes;
  }

  /** Position of the half message that this one commits; 0 for all others. */
  get preparedPosition(): number | undefined {
    return this.#record.preparedTransactionOffset || undefined;
  }

  /** Tag, if any. */
  get tags(): string | undefined {
    return this.#held().tags();
  }

  /** Keys, possibly none. */
  get keys(): readonly string[] {
    const known = this.#properties;
    const keys = known === undefined ? this.#held().keys() : known.get(KEYS_NAME);
    return keys === undefined ? [] : splitKeys(keys);
  }

  /** All properties. */
  get properties(): ReadonlyMap<string, string> {
    this.#properties ??= this.#held().properties();
    return this.#properties;
  }

  /** Host it came from. */
  get bornHost(): string {
    return this.#held().bornHost();
  }

  /** Host that stored it. */
  get storeHost(): string {
    return this.#held().storeHost();
  }

  /** Content, decompressed where the codec is at hand. */
  get body(): Uint8Array {
    const { body } = this.#decode();
    if (body.length === 0 && isDetached(body)) throw this.#gone();
    return body;
  }

  /** Content as UTF-8 text. */
  text(): string {
    return textDecoder.decode(this.body);
  }

  /** Content as JSON. */
  json(): unknown {
    return JSON.parse(jsonDecoder.decode(this.body));
  }

  /** Offsets that it covers in the queue that it was read from: in a light queue one, also if it is a batch. */
  #count(): number {
    const record = (this.#record.sysFlag & FLAG_INNER_BATCH) === 0 ? this.#record : this.#held();
    const count = batchCount(record);
    return count === 1 || this.topic === record.topic() ? count : 1;
  }

  #decode(): DecompressedBody {
    this.#decoded ??= decompressBody(this.#held().body(), this.#record.sysFlag);
    return this.#decoded;
  }

  /** The record, whose bytes are gone if somebody transferred the buffer that it shares with its neighbours. */
  #held(): RecordView {
    if (this.#record.bytes.length === 0) throw this.#gone();
    return this.#record;
  }

  #gone(): Error {
    return argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot read message ${this.offset} of ${
        queueName(this.topic, this.queueId)
      }: its buffer was transferred, ` +
        `with its own body or with one that was read together with it; transfer a copy, body.slice()`,
    );
  }
}

/**
 * A record as a reader gets it: fields are decoded when somebody asks.
 *
 * @module
 */
import {
  decompressBody,
  type DecompressedBody,
  FLAG_COMPRESSED,
  KEYS_NAME,
  type RecordView,
} from "../layout/mod.ts";
import { batchCount } from "../log/mod.ts";
import type { StoredMessage } from "../types.ts";

// A first U+FEFF is a part of the content.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

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
  get preparedTransactionOffset(): number {
    return this.#record.preparedTransactionOffset;
  }

  /** Tag, if any. */
  get tags(): string | undefined {
    return this.#record.tags();
  }

  /** Keys, possibly none. */
  get keys(): readonly string[] {
    const keys = this.#properties?.get(KEYS_NAME) ?? this.#record.keys();
    return keys === undefined ? [] : keys.split(" ").filter((key) => key !== "");
  }

  /** All properties. */
  get properties(): ReadonlyMap<string, string> {
    this.#properties ??= this.#record.properties();
    return this.#properties;
  }

  /** Host it came from. */
  get bornHost(): string {
    return this.#record.bornHost();
  }

  /** Host that stored it. */
  get storeHost(): string {
    return this.#record.storeHost();
  }

  /** Content, decompressed where the codec is at hand. */
  get body(): Uint8Array {
    return this.#decode().body;
  }

  /** Content as UTF-8 text. */
  text(): string {
    return decoder.decode(this.body);
  }

  /** Content as JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** Offsets that it covers in the queue that it was read from: in a light queue one, also if it is a batch. */
  #count(): number {
    const record = this.#record;
    const count = batchCount(record);
    return count === 1 || this.topic === record.topic() ? count : 1;
  }

  #decode(): DecompressedBody {
    this.#decoded ??= decompressBody(this.#record.body(), this.#record.sysFlag);
    return this.#decoded;
  }
}

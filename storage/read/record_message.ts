/**
 * A record as a reader gets it: fields are decoded on demand.
 *
 * @module
 */
import { batchCount } from "../derived/mod.ts";
import { argumentError, queueName } from "../errors.ts";
import {
  CONTENT_TYPE_NAME,
  decompressBody,
  type DecompressedBody,
  FLAG_COMPRESSED,
  FLAG_INNER_BATCH,
  isDetached,
  KEYS_NAME,
  PlainRecord,
  propertyPattern,
  type RecordView,
  splitKeys,
  type StoredBody,
} from "../layout/mod.ts";
import type { MessageJson } from "../message.ts";
import type { StoredMessage } from "../types.ts";
import { bytesShown, INSPECT, type Inspect } from "./inspect.ts";
import { messageJson } from "./message_json.ts";

// A first U+FEFF is a part of a text, and may stand before JSON.
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const jsonDecoder = new TextDecoder();

const CONTENT_TYPE = propertyPattern(CONTENT_TYPE_NAME);

/** A message over a copy of its record. */
export class RecordMessage implements StoredMessage {
  /** Topic of the queue that it was read from, which in a light queue is not the record's. */
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** Decoded when more than a plain record can tell was asked for. */
  #record: PlainRecord | RecordView;
  #properties: ReadonlyMap<string, string> | undefined;
  #decoded: DecompressedBody | undefined;

  /** Wraps a record. Its buffer must not change any more. */
  constructor(record: PlainRecord | RecordView, topic: string, queueId: number, offset: number) {
    this.#record = record;
    this.topic = topic;
    this.queueId = queueId;
    this.offset = offset;
  }

  get nextOffset(): number {
    if ((this.#record.sysFlag & FLAG_INNER_BATCH) === 0) return this.offset + 1;
    const record = this.#fields();
    // In a light queue a batch covers one offset.
    return this.offset + (this.topic === record.topic() ? batchCount(record) : 1);
  }

  get position(): number {
    return this.#record.position;
  }

  get byteLength(): number {
    return this.#record.byteLength;
  }

  get storeTimestamp(): number {
    return this.#fields().storeTimestamp;
  }

  get bornTimestamp(): number {
    return this.#fields().bornTimestamp;
  }

  /** RocketMQ's system flags, without the compression that was undone. */
  get sysFlag(): number {
    const { sysFlag } = this.#record;
    return (sysFlag & FLAG_COMPRESSED) === 0 ? sysFlag : this.#decode().sysFlag;
  }

  get flag(): number {
    return this.#fields().flag;
  }

  get reconsumeTimes(): number {
    return this.#fields().reconsumeTimes;
  }

  get preparedPosition(): number | undefined {
    return this.#fields().preparedTransactionOffset || undefined;
  }

  get tags(): string | undefined {
    return this.#fields().tags();
  }

  get keys(): readonly string[] {
    const known = this.#properties;
    const keys = known === undefined ? this.#fields().keys() : known.get(KEYS_NAME);
    return keys === undefined ? [] : splitKeys(keys);
  }

  get properties(): ReadonlyMap<string, string> {
    this.#properties ??= this.#fields().properties();
    return this.#properties;
  }

  /** As a typed topic told it; found without parsing the other properties. */
  get contentType(): string | undefined {
    const known = this.#properties;
    return known === undefined
      ? this.#fields().property(CONTENT_TYPE)
      : known.get(CONTENT_TYPE_NAME);
  }

  get bornHost(): string {
    return this.#fields().bornHost();
  }

  get storeHost(): string {
    return this.#fields().storeHost();
  }

  /** Content, decompressed where the codec is at hand. */
  get body(): Uint8Array {
    const { body } = this.#decode();
    if (body.length === 0 && isDetached(body)) throw this.#gone();
    return body;
  }

  text(): string {
    return textDecoder.decode(this.body);
  }

  json(): unknown {
    return JSON.parse(jsonDecoder.decode(this.body));
  }

  toJSON(): MessageJson {
    return messageJson(this);
  }

  /** What is to be seen of it. */
  shown(): object {
    const { topic, queueId, offset, position } = this;
    const place = { topic, queueId, offset, position };
    if (this.#record.bytes.length === 0) return { ...place, body: "(its buffer was transferred)" };
    const { storeTimestamp, tags, keys, properties } = this;
    return { ...place, storeTimestamp, tags, keys, properties, body: bytesShown(this.body) };
  }

  /** The same message with a buffer of its own. */
  copy(): RecordMessage {
    return new RecordMessage(this.#held().copy(), this.topic, this.queueId, this.offset);
  }

  /** The body of a message as its record has it, if it is read from one. */
  static storedBody(message: StoredMessage): StoredBody {
    if (!(message instanceof RecordMessage)) {
      return { body: message.body, sysFlag: message.sysFlag };
    }
    const record = message.#held();
    return { body: record.body(), sysFlag: record.sysFlag };
  }

  #decode(): DecompressedBody {
    this.#decoded ??= decompressBody(this.#held().body(), this.#record.sysFlag);
    return this.#decoded;
  }

  /** The record; throws if the buffer that it shares with its neighbours was transferred. */
  #held(): PlainRecord | RecordView {
    if (this.#record.bytes.length === 0) throw this.#gone();
    return this.#record;
  }

  #fields(): RecordView {
    const record = this.#held();
    if (!(record instanceof PlainRecord)) return record;
    const decoded = record.decode();
    this.#record = decoded;
    return decoded;
  }

  #gone(): Error {
    return argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot read message ${this.offset} of ${queueName(this.topic, this.queueId)}: ` +
        "its buffer was transferred, with its own body or with one that was read together with " +
        "it; transfer a copy, body.slice()",
    );
  }
}

// A method of the class would have to be declared by the symbol's name.
Object.defineProperty(RecordMessage.prototype, INSPECT, {
  value(this: RecordMessage, _depth: number, options: object, inspect: Inspect): string {
    return `StoredMessage ${inspect(this.shown(), options)}`;
  },
});

/** The body of a message as it is stored: compressed, if it came so. */
export function storedBodyOf(message: StoredMessage): StoredBody {
  return RecordMessage.storedBody(message);
}

/** The content type that a message tells; it may be of another copy of the package, or a copy. */
export function contentTypeOf(message: StoredMessage): string | undefined {
  return message instanceof RecordMessage
    ? message.contentType
    : message.properties.get(CONTENT_TYPE_NAME);
}

/** The message with a buffer of its own: who transfers that leaves its neighbours alone. */
export function separate(message: StoredMessage): StoredMessage {
  return message instanceof RecordMessage ? message.copy() : message;
}

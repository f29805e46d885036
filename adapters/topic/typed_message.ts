/**
 * A message of a typed topic: what was stored, and its value.
 *
 * @module
 */
import { SCHEMA_VERSION_NAME } from "../../storage/layout/mod.ts";
import { contentTypeOf } from "../../storage/read/mod.ts";
import type { MessageJson, StoredMessage } from "../../storage/mod.ts";
import type { TypedMessage } from "./types.ts";

/** Shows a message beside its value; the message itself may be shown to others without. */
export class ValueMessage<T> implements TypedMessage<T> {
  readonly value: T;
  readonly #message: StoredMessage;

  constructor(message: StoredMessage, value: T) {
    this.#message = message;
    this.value = value;
  }

  get contentType(): string | undefined {
    return contentTypeOf(this.#message);
  }

  get schemaVersion(): string | undefined {
    return this.properties.get(SCHEMA_VERSION_NAME);
  }

  get topic(): string {
    return this.#message.topic;
  }

  get queueId(): number {
    return this.#message.queueId;
  }

  get offset(): number {
    return this.#message.offset;
  }

  get nextOffset(): number {
    return this.#message.nextOffset;
  }

  get position(): number {
    return this.#message.position;
  }

  get byteLength(): number {
    return this.#message.byteLength;
  }

  get storeTimestamp(): number {
    return this.#message.storeTimestamp;
  }

  get bornTimestamp(): number {
    return this.#message.bornTimestamp;
  }

  get sysFlag(): number {
    return this.#message.sysFlag;
  }

  get flag(): number {
    return this.#message.flag;
  }

  get tags(): string | undefined {
    return this.#message.tags;
  }

  get keys(): readonly string[] {
    return this.#message.keys;
  }

  get properties(): ReadonlyMap<string, string> {
    return this.#message.properties;
  }

  get bornHost(): string {
    return this.#message.bornHost;
  }

  get storeHost(): string {
    return this.#message.storeHost;
  }

  get reconsumeTimes(): number {
    return this.#message.reconsumeTimes;
  }

  get preparedPosition(): number | undefined {
    return this.#message.preparedPosition;
  }

  get body(): Uint8Array {
    return this.#message.body;
  }

  text(): string {
    return this.#message.text();
  }

  json(): unknown {
    return this.#message.json();
  }

  toJSON(): MessageJson & { readonly value: T } {
    return { ...this.#message.toJSON(), value: this.value };
  }
}

/**
 * A topic whose messages are values of one type.
 *
 * @module
 */
import { checkCall, dropPromise } from "../../storage/arguments/mod.ts";
import { takeMessage } from "../../storage/layout/mod.ts";
import {
  abortable,
  type AppendAllResult,
  type AppendResult,
  type FindOptions,
  type Message,
  type Store,
  type StoredMessage,
  StoreError,
} from "../../storage/mod.ts";
import { consumeOpened, type ConsumeOptions, type ConsumeResult, Unfit } from "../consume/mod.ts";
import {
  BatchFeed,
  type SourceBatchesOptions,
  SourceCore,
  type SourceOptions,
  type Written,
} from "../core/mod.ts";
import { WebSink } from "../web/streams/mod.ts";
import { CallOrder } from "./call_order.ts";
import { jsonCodec } from "./codec.ts";
import { messageOf, ownProperties } from "./topic_message.ts";
import { FoundMessages, TopicSource, ValueIterator } from "./readers.ts";
import { type AnyTopicOptions, TOPIC_DOOR, TOPIC_DOORS } from "./rules.ts";
import { type Fate, type Opened, Opener } from "./skipping.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./standard_schema.ts";
import { TypedFeed } from "./typed_feed.ts";
import type {
  CodecTopicOptions,
  MessageFields,
  SchemaTopicOptions,
  Topic,
  TopicAppendAllOptions,
  TopicAppendOptions,
  TopicReadOptions,
  TopicSinkOptions,
  TypedBatchSource,
  TypedIterator,
  TypedMessage,
  TypedSink,
  TypedSource,
} from "./types.ts";
import { Values } from "./values.ts";

const NO_OPTIONS: TopicAppendOptions = {};

/**
 * Makes a topic of values: what is appended and what is read goes through a codec and, if there is
 * one, a schema. Nothing is opened, and the topic need not be there yet.
 *
 * @example Usage
 * ```ts ignore
 * const orders = topic(store, "orders", { schema: z.object({ id: z.string() }) });
 * await orders.append({ id: "4" }, { keys: "4" });
 * for await (const order of orders.read()) order.id;
 * ```
 *
 * @typeParam S The schema. What goes into it can be appended, what it gives is read.
 * @param store Store of the topic.
 * @param name Name of the topic.
 * @param options The schema, and what else describes the values.
 * @returns The topic.
 * @throws {TypeError} If `name` names no topic, or an option is unknown or of the wrong type.
 */
export function topic<S extends StandardSchema>(
  store: Store,
  name: string,
  options: SchemaTopicOptions<S, NoInfer<SchemaInput<S>>>,
): Topic<SchemaInput<S>, SchemaOutput<S>>;
/**
 * Makes a topic of values that a codec alone describes: the compiler knows their type, and nothing
 * proves it when they are read.
 *
 * @typeParam T Type of the values; that of the codec if there is one.
 * @param store Store of the topic.
 * @param name Name of the topic.
 * @param options The codec, and what else describes the values.
 * @returns The topic.
 * @throws {TypeError} If `name` names no topic, or an option is unknown or of the wrong type.
 */
export function topic<T = unknown>(
  store: Store,
  name: string,
  options?: CodecTopicOptions<T>,
): Topic<T>;
export function topic(
  store: Store,
  name: string,
  options: Partial<SchemaTopicOptions<StandardSchema, unknown>> = {},
): Topic<unknown> {
  checkCall(TOPIC_DOOR, store, name, options);
  return new StoreTopic(store, name, options);
}

class StoreTopic<In, Out> implements Topic<In, Out> {
  readonly store: Store;
  readonly topic: string;
  readonly #values: Values<In, Out>;
  readonly #properties: Readonly<Record<string, string>>;
  readonly #fate: Fate;
  readonly #order: CallOrder = new CallOrder();

  constructor(store: Store, topic: string, options: AnyTopicOptions<In, Out>) {
    const { codec = jsonCodec(), schema, schemaVersion, invalid } = options;
    this.store = store;
    this.topic = topic;
    this.#values = new Values(topic, codec, schema);
    this.#properties = ownProperties(codec.contentType, schemaVersion);
    this.#fate = invalid ?? "throw";
  }

  async append(value: In, options: TopicAppendOptions = NO_OPTIONS): Promise<AppendResult> {
    // Options are looked at only where there are some, which costs more than most values do.
    if (options !== NO_OPTIONS) checkCall(TOPIC_DOORS.append, value, options);
    const { durability, signal, ...fields } = options;
    const { body, fits } = this.#values.encode(value);
    const message = this.#message(body, fields);
    const append = (message: Message) =>
      this.store.append(message, options === NO_OPTIONS ? undefined : { durability, signal });
    if (fits === undefined && this.#order.isFree) return await append(message);
    const taken = takeMessage(message);
    return await this.#inTurn(fits, signal, () => append(taken));
  }

  async appendAll(
    values: Iterable<In>,
    options: TopicAppendAllOptions = {},
  ): Promise<AppendAllResult> {
    checkCall(TOPIC_DOORS.appendAll, values, options);
    const { durability, signal, atomic, ...fields } = options;
    const encoded = Array.from(values, (value, index) => this.#values.encode(value, index));
    const messages = encoded.map(({ body }) => this.#message(body, fields));
    const append = (all: readonly Message[]) =>
      this.store.appendAll(all, { durability, signal, atomic });
    const waits = encoded.map(({ fits }) => fits).filter((fits) => fits !== undefined);
    if (waits.length === 0 && this.#order.isFree) return await append(messages);
    const taken = messages.map((message) => takeMessage(message));
    const fits = Promise.all(waits).then(() => undefined);
    return await this.#inTurn(fits, signal, () => append(taken));
  }

  async message(value: In, fields: MessageFields = {}): Promise<Message> {
    checkCall(TOPIC_DOORS.message, value, fields);
    const { body, fits } = this.#values.encode(value);
    const taken = takeMessage(this.#message(body, fields));
    await fits;
    return taken;
  }

  read(options: TopicReadOptions = {}): TypedIterator<Out> {
    checkCall(TOPIC_DOORS.read, options);
    return new ValueIterator(this.#feed(options), options);
  }

  find(key: string, options: FindOptions = {}): TypedIterator<TypedMessage<Out>> {
    checkCall(TOPIC_DOORS.find, key, options);
    const { limit = Infinity, ...others } = options;
    const found = this.store.find(this.topic, key, others);
    return new FoundMessages(found, this.#opener(), limit);
  }

  source(options: SourceOptions = {}): TypedSource<Out> {
    checkCall(TOPIC_DOORS.source, options);
    const feed = this.#feed(options);
    return new TopicSource(feed, feed, options);
  }

  sourceBatches(options: SourceBatchesOptions = {}): TypedBatchSource<Out> {
    checkCall(TOPIC_DOORS.sourceBatches, options);
    const feed = this.#feed(options);
    return new TopicSource(new BatchFeed(feed, options.batchCount), feed, options);
  }

  sink(options: TopicSinkOptions<In> = {}): TypedSink<In> {
    checkCall(TOPIC_DOORS.sink, options as TopicSinkOptions<unknown>);
    const { tags, keys, properties, queueId = 0, ...others } = options;
    const fields = { tags, keys, properties };
    const choose = typeof queueId === "function" ? queueId : () => queueId;
    return new WebSink<In>(
      this.store,
      this.topic,
      others,
      (value) => this.#written(value, { ...fields, queueId: choose(value) }),
    );
  }

  async consume(options: ConsumeOptions<TypedMessage<Out>>): Promise<ConsumeResult> {
    checkCall(TOPIC_DOORS.consume, options as ConsumeOptions<TypedMessage<unknown>>);
    const opener = this.#opener();
    return await consumeOpened(
      this.store,
      this.topic,
      options,
      (message) => this.#orUnfit(opener, message),
    );
  }

  decode(message: StoredMessage): Opened<Out> | Promise<Opened<Out>> {
    checkCall(TOPIC_DOORS.decode, message);
    return this.#opener().open(message);
  }

  async #orUnfit(opener: Opener<Out>, message: StoredMessage): Promise<Opened<Out> | Unfit> {
    try {
      return await opener.open(message);
    } catch (error) {
      if (this.#fate !== "dead-letter" || !StoreError.is(error, "INVALID_VALUE")) throw error;
      return new Unfit(error);
    }
  }

  #feed(options: SourceOptions): TypedFeed<Out> {
    return new TypedFeed(new SourceCore(this.store, this.topic, options), this.#opener());
  }

  #opener(): Opener<Out> {
    return new Opener(this.#values, this.#fate);
  }

  #message(body: Uint8Array | string, fields: MessageFields): Message {
    return messageOf(this.topic, body, fields, this.#properties);
  }

  #written(value: In, fields: MessageFields): Written | Promise<Written> {
    // The store refuses what is not a number.
    if (typeof fields.queueId !== "number") dropPromise(fields.queueId);
    const { body, fits } = this.#values.encode(value);
    const message = this.#message(body, fields);
    if (fits === undefined) return message;
    const taken = takeMessage(message);
    return fits.then(() => taken);
  }

  /** A call whose signal ends it gives its turn to the next. */
  #inTurn<T>(
    fits: Promise<void> | undefined,
    signal: AbortSignal | undefined,
    append: () => Promise<T>,
  ): Promise<T> {
    return abortable(this.#order.run(fits && abortable(fits, signal), append), signal);
  }
}

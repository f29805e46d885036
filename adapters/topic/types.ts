/**
 * A typed topic, and what it is made of and read by.
 *
 * @module
 */
import type {
  AppendAllOptions,
  AppendAllResult,
  AppendOptions,
  AppendResult,
  FindOptions,
  Message,
  MessageJson,
  Store,
  StoredMessage,
} from "../../storage/mod.ts";
import type {
  SinkOptions,
  SinkProgress,
  SourceBatchesOptions,
  SourceOptions,
} from "../core/mod.ts";
import type { ConsumeOptions, ConsumeResult } from "../consume/mod.ts";
import type { Source } from "../web/mod.ts";
import type { Codec } from "./codec.ts";

/** What every typed topic may be told. */
export interface TopicOptions {
  /**
   * What becomes of a stored message whose value does not fit: `"throw"` fails the reading with
   * `INVALID_VALUE`, `"skip"` passes it over and counts it, as `skippedCount` of what reads.
   * `"dead-letter"`: {@linkcode Topic.consume} puts it into `%DLQ%<group>` and goes on; all other
   * reading fails.
   *
   * @default {"throw"}
   */
  readonly invalid?: "throw" | "skip" | "dead-letter";
  /** Version of the schema, in a property of each message that is appended; none by default. */
  readonly schemaVersion?: string;
}

/** Options of a topic whose values a codec alone describes. */
export interface CodecTopicOptions<T> extends TopicOptions {
  /** How values become bytes; JSON when left out. */
  readonly codec?: Codec<T>;
}

/** Options of a topic whose values a schema describes. */
export interface SchemaTopicOptions<S, In> extends TopicOptions {
  /** Any Standard Schema: of zod, valibot, arktype, effect and others. */
  readonly schema: S;
  /** How what goes into the schema becomes bytes; JSON when left out. */
  readonly codec?: Codec<In, unknown>;
}

/**
 * What a message has beside its topic and its body. The properties that tell content type and
 * schema version are the topic's own.
 */
export type MessageFields = Omit<Message, "topic" | "body">;

/** Options of {@linkcode Topic.append}. */
export interface TopicAppendOptions extends AppendOptions, MessageFields {}

/** Options of {@linkcode Topic.appendAll}; fields are those of every message. */
export interface TopicAppendAllOptions extends AppendAllOptions, MessageFields {}

/** Options of {@linkcode Topic.read}: a source's, without a group. */
export type TopicReadOptions = Omit<SourceOptions, "group">;

/** Options of {@linkcode Topic.sink}. */
export interface TopicSinkOptions<In> extends Omit<SinkOptions, "queueId"> {
  /**
   * Queue, or a function that chooses it for each value.
   *
   * @default {0}
   */
  readonly queueId?: number | ((value: In) => number);
}

/** A message with its value. */
export interface TypedMessage<T> extends StoredMessage {
  /** What the codec, and then the schema, made of the body. */
  readonly value: T;
  /** What the message says that its bytes are; `undefined` if no typed topic has written it. */
  readonly contentType: string | undefined;
  /** Version of the schema that it was appended by, if that was told. */
  readonly schemaVersion: string | undefined;
  /** What `JSON.stringify()` makes of it: all that it makes of any message, and `value`. */
  toJSON(): MessageJson & { readonly value: T };
}

/** What was passed over while reading. */
export interface Skipping {
  /** Messages whose values did not fit, as of now; 0 unless `invalid` is `"skip"`. */
  readonly skippedCount: number;
}

/** What {@linkcode Topic.source} makes. */
export interface TypedSource<T> extends Source<TypedMessage<T>>, Skipping {}

/** What {@linkcode Topic.sourceBatches} makes. */
export interface TypedBatchSource<T> extends Source<readonly TypedMessage<T>[]>, Skipping {}

/** What {@linkcode Topic.read} and {@linkcode Topic.find} give; leaving the loop ends it. */
export interface TypedIterator<T> extends AsyncIterableIterator<T, undefined>, Skipping {}

/**
 * What {@linkcode Topic.sink} makes. Each write is one value, since a value may be a list; of a
 * list of values {@linkcode Topic.appendAll} makes a batch. Leaving the scope of `await using`
 * closes it.
 */
export interface TypedSink<T> extends WritableStream<T>, AsyncDisposable {
  /** How far the sink is on the disk, as of now; all of it once `close()` has resolved. */
  readonly flushed: SinkProgress;
}

/**
 * A topic of values: see {@linkcode topic}.
 *
 * What is appended goes through the schema first and is stored as it was handed over; what is read
 * goes through the schema again, whose output is the value. A value that does not fit is refused
 * with a {@linkcode StoreError} of code `INVALID_VALUE`, before a byte is written. What the schema
 * itself throws, instead of telling an issue, is thrown as it is.
 */
export interface Topic<In, Out = In> {
  /** Store of the topic. */
  readonly store: Store;
  /** Name of the topic. */
  readonly topic: string;
  /**
   * Appends a value; settles at the asked durability. The value is encoded in the call: its bytes
   * may be used again when the promise is there. Where the schema takes its time, what is appended
   * through one `Topic` still goes in the order of the calls.
   */
  append(value: In, options?: TopicAppendOptions): Promise<AppendResult>;
  /**
   * Appends values in order as one batch; settles when the last is at the asked durability. If one
   * does not fit, none is written, and `index` of the error tells which.
   */
  appendAll(values: Iterable<In>, options?: TopicAppendAllOptions): Promise<AppendAllResult>;
  /**
   * Makes a message of a value, for `emit()` of a job, for outputs of a checkpoint, and for
   * `store.appendAll()` where each has keys of its own. The value is encoded in the call.
   */
  message(value: In, fields?: MessageFields): Promise<Message>;
  /** Values of all queues, as {@linkcode source} gives them without a group. */
  read(options?: TopicReadOptions): TypedIterator<Out>;
  /** Messages that carry a key, newest first, with their values. `limit` counts those that fit. */
  find(key: string, options?: FindOptions): TypedIterator<TypedMessage<Out>>;
  /**
   * Makes a stream of the messages with their values. It does what `source()` does; `limit` counts
   * messages that fit, and one that is passed over is done when those before it are.
   */
  source(options?: SourceOptions): TypedSource<Out>;
  /**
   * Makes a stream of batches of such messages. It does what `sourceBatches()` does; where the
   * schema gives promises, a batch is one message.
   */
  sourceBatches(options?: SourceBatchesOptions): TypedBatchSource<Out>;
  /**
   * Makes a stream that appends the values which are written to it. It does what `sink()` does; a
   * value that does not fit errors the stream, and what was written before stays.
   */
  sink(options?: TopicSinkOptions<In>): TypedSink<In>;
  /**
   * Hands every message with its value to `handle`, as {@linkcode consume} does; an `invalid` value
   * is not tried again.
   */
  consume(options: ConsumeOptions<TypedMessage<Out>>): Promise<ConsumeResult>;
  /**
   * The value of a message that was read in another way; a promise of it where the schema gives
   * one. `undefined` if it does not fit and is to be skipped.
   *
   * @throws {StoreError<"INVALID_VALUE">} If it does not fit, unless it is to be skipped.
   */
  decode(
    message: StoredMessage,
  ): TypedMessage<Out> | undefined | Promise<TypedMessage<Out> | undefined>;
}

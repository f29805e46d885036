/**
 * What a sink takes and how it is told to write it.
 *
 * @module
 */
import { dropPromise } from "../../storage/arguments/mod.ts";
import {
  argumentError,
  type Durability,
  type Message,
  showArgument,
  type StoredMessage,
} from "../../storage/mod.ts";

/** A message; what it leaves out is filled in by the sink. */
export type SinkMessage = Omit<Message, "topic"> & {
  /** Topic; the sink's when left out. */
  readonly topic?: string;
};

/**
 * What may be written to a sink: a body, or a message. An empty body is a message of its own. Of a
 * message that was read ({@linkcode StoredMessage}) body, tags, keys, properties, flag and
 * bornTimestamp are copied; topic and queue are the sink's.
 */
export type SinkChunk = Uint8Array | string | SinkMessage;

/** What a sink is handed: a chunk, or a batch of them. */
export type Written = SinkChunk | readonly SinkChunk[];

/** Options of {@linkcode sink}. What a chunk says itself comes first. */
export interface SinkOptions {
  /** Tag of every message. */
  readonly tags?: string;
  /** Keys of every message. */
  readonly keys?: string | readonly string[];
  /** Properties of every message; a message's own replace them all. */
  readonly properties?: Message["properties"];
  /**
   * Queue, or a function that chooses it for each chunk.
   *
   * @default {0}
   */
  readonly queueId?: number | ((chunk: SinkChunk) => number);
  /**
   * Bytes of records that may be accepted and not yet be as durable as `durability` says; beyond it
   * a write waits.
   *
   * @default {4194304}
   */
  readonly highWaterMark?: number;
  /**
   * What counts against the budget: `"committed"` waits for the page cache, `"flushed"` for the
   * disk.
   *
   * @default {"committed"}
   */
  readonly durability?: Durability;
  /** Errors the sink with the signal's reason. What was accepted stays. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode sinkBytes}. */
export interface SinkBytesOptions extends SinkOptions {
  /**
   * What stands between messages, at least one character.
   *
   * @default {"\n"}
   */
  readonly delimiter?: string;
}

/** How far a sink has got, as of now. */
export interface SinkProgress {
  /** Messages, from the first, that are on the disk and survive a power cut. */
  readonly count: number;
  /** Position in the log after the last of them; 0 while there is none. */
  readonly endPosition: number;
}

/**
 * Makes a message of a chunk. Of a message that was read, topic and queue are not copied.
 *
 * @throws {TypeError} If a sink does not take such a chunk.
 */
export function toMessage(chunk: SinkChunk, topic: string, options: SinkOptions): Message {
  if (isBody(chunk)) return bodyToMessage(chunk, topic, options);
  const own: SinkMessage = isStored(chunk) ? contentOf(chunk, options) : chunk;
  if (typeof own !== "object" || own === null || !isBody(own.body)) {
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `Cannot write to sink of topic ${topic}: the chunk is ${describe(chunk)}, ` +
        `it must be a Uint8Array, a string or a message with such a body`,
    );
  }
  // `null` is not left out: the store refuses it. By name, since a chunk may inherit members.
  return {
    ...own,
    body: own.body,
    flag: own.flag,
    bornTimestamp: own.bornTimestamp,
    topic: own.topic === undefined ? topic : own.topic,
    tags: own.tags === undefined ? options.tags : own.tags,
    keys: own.keys === undefined ? options.keys : own.keys,
    properties: own.properties === undefined ? options.properties : own.properties,
    queueId: own.queueId === undefined ? chosenQueue(chunk, options) : own.queueId,
  };
}

function bodyToMessage(body: Uint8Array | string, topic: string, options: SinkOptions): Message {
  const { tags, keys, properties } = options;
  return { topic, body, tags, keys, properties, queueId: chosenQueue(body, options) };
}

function chosenQueue(chunk: SinkChunk, { queueId = 0 }: SinkOptions): number {
  if (typeof queueId !== "function") return queueId;
  const chosen = queueId(chunk);
  // The store refuses what is not a number.
  if (typeof chosen !== "number") dropPromise(chosen);
  return chosen;
}

/** Whether a chunk is a body, and not a message with one. */
export function isBody(value: unknown): value is Uint8Array | string {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** Only a message that was read has a position. */
function isStored(chunk: unknown): chunk is StoredMessage {
  return typeof (chunk as Partial<StoredMessage> | null)?.position === "number";
}

/** What a copy keeps. By `sysFlag` the store refuses a body that is still compressed. */
function contentOf(
  message: StoredMessage,
  options: SinkOptions,
): SinkMessage & Pick<StoredMessage, "sysFlag"> {
  const { body, tags, properties, flag, bornTimestamp, sysFlag } = message;
  const keys = message.keys.length === 0 ? options.keys ?? [] : message.keys;
  return { body, tags, keys, properties, flag, bornTimestamp, sysFlag };
}

function describe(chunk: unknown): string {
  if (typeof chunk !== "object" || chunk === null) return showArgument(chunk);
  return "body" in chunk ? "an object with another body" : "an object without a body";
}

/**
 * Messages, and what the store says about them.
 *
 * Field names are RocketMQ's.
 *
 * @module
 */
/**
 * How far a message has got: `"committed"` is in the page cache and survives the death of the
 * process; `"flushed"` is on the disk and survives a power cut.
 */
export type Durability = "committed" | "flushed";

/** A moment: ms since epoch, or a `Date`. */
export type Time = number | Date;

/**
 * A message to append. It is read in the call: afterwards it may be changed, its bytes used again
 * or given away.
 *
 * Names that are taken for a field's by mistake (`key`, `tag`, `queue`, `queueID`, `queueid`,
 * `partition`, `property`, `props`, `headers`, `delay`, `delayMS`, `deliverat`, `timestamp`) are
 * refused; other members are passed over, and refused by the compiler.
 */
export interface Message {
  /** Topic, 1 to 127 characters of `A-Z a-z 0-9 _ - % |`. */
  readonly topic: string;
  /**
   * Content; a string is stored as UTF-8, and refused with a `TypeError` if it has a lone
   * surrogate.
   */
  readonly body: Uint8Array | string;
  /** Tag to filter by. */
  readonly tags?: string;
  /** Keys to find it by; several in one string are separated by spaces. */
  readonly keys?: string | readonly string[];
  /**
   * Further properties, names and values without control characters 1 and 2. Names that a store or
   * a broker gives a meaning (`KEYS`, `__SB_GROUP`, `DELAY`, `INNER_...`) are refused. They are
   * left out of what was read from a log, so that a {@linkcode StoredMessage} can be appended as it
   * is.
   */
  readonly properties?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /**
   * Queue of the topic.
   *
   * @default {0}
   */
  readonly queueId?: number;
  /**
   * A number of the caller's, 32 bits.
   *
   * @default {0}
   */
  readonly flag?: number;
  /** When it came into being; the time of appending when left out. */
  readonly bornTimestamp?: Time;
  /**
   * How long it waits before it is in its topic, ms, up to two hours: rounded up to one of
   * RocketMQ's 18 levels (1, 5, 10, 30 s, 1 to 10, 20, 30 min, 1, 2 h). Until then it is in the
   * topic `SCHEDULE_TOPIC_XXXX`, of which the result of the append speaks.
   *
   * @default {0}
   */
  readonly delayMs?: number;
  /**
   * When it is in its topic, up to three days from now; at once if that is now or past. Until then
   * it is in the topic `rmq_sys_wheel_timer`, of which the result of the append speaks. Not beside
   * a `delayMs`.
   */
  readonly deliverAt?: Time;
}

/** A message as it stands in the log. */
export interface StoredMessage {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /**
   * Offset at which reading goes on behind it: what a group commits, what a checkpoint keeps. Not
   * always `offset + 1`: a batch of RocketMQ's (`sysFlag` 0x80) is one record that covers several
   * offsets.
   */
  readonly nextOffset: number;
  /** Position of the record's first byte in the log. */
  readonly position: number;
  /** Length of the whole record in bytes. */
  readonly byteLength: number;
  /** When it was stored, ms since epoch; never decreases in a log that Streambed wrote. */
  readonly storeTimestamp: number;
  /** When it came into being, ms since epoch. */
  readonly bornTimestamp: number;
  /** RocketMQ's system flags: compression, transaction state, address families. */
  readonly sysFlag: number;
  /** The caller's number. */
  readonly flag: number;
  /** Tag, if any. */
  readonly tags: string | undefined;
  /** Keys, possibly none. */
  readonly keys: readonly string[];
  /** All properties, `KEYS` and `TAGS` among them. */
  readonly properties: ReadonlyMap<string, string>;
  /** Host it came from, `address:port`. */
  readonly bornHost: string;
  /** Host that stored it, `address:port`. */
  readonly storeHost: string;
  /** How often a consumer sent it back. */
  readonly reconsumeTimes: number;
  /** Position of the half message that this one ends; `undefined` for all others. */
  readonly preparedPosition: number | undefined;
  /**
   * Content, decompressed unless that cannot be done: then `sysFlag` bit 0 is still set. LZ4 needs
   * the npm package `lz4-napi`, any codec a content of at most 64 MiB.
   *
   * It is the reader's, to keep as long as wanted. But bodies that are read together lie in one
   * buffer, up to 4 MiB, so do not transfer `body.buffer`: `body.slice()` has a buffer of its own,
   * to transfer, to clone alone, or to keep alone. If the buffer was transferred all the same, what
   * is read of any of those messages afterwards throws a `TypeError`, and views that were taken
   * before are empty.
   */
  readonly body: Uint8Array;
  /** Content as UTF-8 text. */
  text(): string;
  /** Content as JSON. Throws a `SyntaxError` if it is not. */
  json(): unknown;
  /** What `JSON.stringify()` makes of it: all that a line of `streambed cat --json` has. */
  toJSON(): MessageJson;
}

/** A body: as text if its bytes are valid UTF-8, else in base64. */
export interface BodyJson {
  /** Text. */
  readonly body?: string;
  /** Base64. */
  readonly bodyBase64?: string;
}

/** A stored message as JSON. */
export interface MessageJson extends
  BodyJson,
  Pick<
    StoredMessage,
    | ("topic" | "queueId" | "offset" | "nextOffset" | "position" | "byteLength" | "storeTimestamp")
    | ("bornTimestamp" | "sysFlag" | "flag" | "keys" | "bornHost" | "storeHost" | "reconsumeTimes")
  > {
  /** Tag, or `null`. */
  readonly tags: string | null;
  /** All properties. */
  readonly properties: Readonly<Record<string, string>>;
  /** RocketMQ's id: the host that stored it, and the position. */
  readonly messageId: string;
}

/** Where a message went. */
export interface AppendResult {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /** Position of the record's first byte in the log. */
  readonly position: number;
  /** Position after its last byte. */
  readonly endPosition: number;
  /** When it was stored, ms since epoch. */
  readonly storeTimestamp: number;
}

/** Where the messages of a batch went, in their order. */
export interface AppendAllResult extends Iterable<AppendResult> {
  /** How many messages there were. */
  readonly count: number;
  /** Position after the last byte of the last message; 0 if there was none. */
  readonly endPosition: number;
  /**
   * Where one message went; `undefined` if the batch has none there.
   *
   * @param index Its number in the batch, from 0; below 0 it counts from the end.
   */
  at(index: number): AppendResult | undefined;
}

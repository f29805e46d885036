/**
 * A message as a user gives it, and what may be stored.
 *
 * @module
 */
import { type PropertiesInput, propertyFault } from "./message_properties.ts";
import { isReservedProperty } from "./reserved_properties.ts";
import { isTopicName } from "./topic_name.ts";

/** A message to store. Field names are RocketMQ's. */
export interface MessageInput {
  /** The topic: letters, digits, `%`, `|`, `-`, `_`, at most 127. */
  readonly topic: string;
  /** The content. A string is stored as UTF-8; bytes are read before the append settles, so leave them alone until then. */
  readonly body: Uint8Array | string;
  /** The tags by which consumers filter. Default: none. */
  readonly tags?: string;
  /** The keys by which the message is found: a list, or a string in which spaces separate them. Default: none. */
  readonly keys?: string | readonly string[];
  /** Other properties. Default: none. */
  readonly properties?: PropertiesInput;
  /** The queue of the topic. Default: 0. */
  readonly queueId?: number;
  /** A number of the user's own, 32 bits, signed. Default: 0. */
  readonly flag?: number;
  /** When the message was made, in ms since epoch. Default: now. */
  readonly bornTimestamp?: number;
}

const NAME_LENGTH_SHOWN = 60;

// Messages come in runs of one topic, so the last good name is checked by comparison alone.
let lastTopic = "";

/** Quotes a name for a message, with control characters escaped and long names cut. */
function quote(name: unknown): string {
  const text = String(name);
  const shown = text.length > NAME_LENGTH_SHOWN ? `${text.slice(0, NAME_LENGTH_SHOWN)}...` : text;
  return JSON.stringify(shown);
}

function checkTopic(topic: unknown): void {
  if (topic === lastTopic && lastTopic !== "") return;
  if (typeof topic !== "string" || !isTopicName(topic)) {
    throw new TypeError(
      `Cannot store message: topic ${
        quote(topic)
      } is not 1 to 127 of the characters A-Z a-z 0-9 % | - _`,
    );
  }
  lastTopic = topic;
}

function checkProperty(name: string, value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(
      `Cannot store message: property ${quote(name)} is not a string; convert it first`,
    );
  }
  const fault = propertyFault(name, value);
  if (fault !== undefined) {
    throw new TypeError(`Cannot store message: property ${quote(name)} is refused, ${fault}`);
  }
}

function checkOther(name: string, value: unknown): void {
  checkProperty(name, value);
  if (!isReservedProperty(name)) return;
  throw new TypeError(
    `Cannot store message: property ${
      quote(name)
    } is reserved; use the fields tags and keys, or another name`,
  );
}

function checkOthers(properties: PropertiesInput): void {
  if (properties instanceof Map) {
    for (const [name, value] of properties) checkOther(name, value);
    return;
  }
  const record = properties as Readonly<Record<string, string>>;
  for (const name of Object.keys(record)) checkOther(name, record[name]);
}

function checkKeyList(keys: readonly unknown[]): void {
  for (const key of keys) {
    checkProperty("KEYS", key);
    if (!(key as string).includes(" ")) continue;
    throw new TypeError(
      `Cannot store message: key ${quote(key)} contains a space, which separates keys; replace it`,
    );
  }
}

function checkInteger(name: string, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return;
  throw new RangeError(
    `Cannot store message: ${name} ${value} is not an integer from ${from} to ${to}`,
  );
}

/**
 * Checks a message before anything is done with it. Lengths are checked later, when they are known.
 *
 * @param message The message.
 * @throws {TypeError} If a field has the wrong type, the topic is no topic name, or a property is reserved,
 * empty or contains a separator.
 * @throws {RangeError} If a number is out of range.
 */
export function checkMessageInput(message: MessageInput): void {
  checkTopic(message.topic);
  if (typeof message.body !== "string" && !(message.body instanceof Uint8Array)) {
    throw new TypeError("Cannot store message: body is neither a Uint8Array nor a string");
  }
  if (message.tags !== undefined) checkProperty("TAGS", message.tags);
  if (Array.isArray(message.keys)) checkKeyList(message.keys);
  else if (message.keys !== undefined) checkProperty("KEYS", message.keys);
  if (message.properties !== undefined) checkOthers(message.properties);
  if (message.queueId !== undefined) checkInteger("queueId", message.queueId, 0, 0x7fffffff);
  if (message.flag !== undefined) checkInteger("flag", message.flag, -0x80000000, 0x7fffffff);
  if (message.bornTimestamp !== undefined) {
    checkInteger("bornTimestamp", message.bornTimestamp, 0, Number.MAX_SAFE_INTEGER);
  }
}

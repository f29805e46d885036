/**
 * A message as a user gives it, and what may be stored.
 *
 * @module
 */
import { argumentError, type ArgumentErrorCode, showArgument } from "../errors.ts";
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

/** Names that are taken for a field's by mistake; what they carry would be lost without a word. */
interface MistakenNames {
  readonly key?: unknown;
  readonly tag?: unknown;
  readonly queue?: unknown;
  readonly queueID?: unknown;
  readonly partition?: unknown;
  readonly property?: unknown;
  readonly headers?: unknown;
}

const MEANT: Readonly<Record<keyof MistakenNames, keyof MessageInput>> = {
  key: "keys",
  tag: "tags",
  queue: "queueId",
  queueID: "queueId",
  partition: "queueId",
  property: "properties",
  headers: "properties",
};

// Messages come in runs of one topic, so the last good name is checked by comparison alone.
let lastTopic = "";

function refuse(code: ArgumentErrorCode, state: string): never {
  throw argumentError(code, `Cannot store message: ${state}`);
}

/** Each name is read by itself: a loop over what a message has would cost more than all other checks. */
function checkNames(message: MistakenNames): void {
  if (
    message.key === undefined && message.tag === undefined && message.queue === undefined &&
    message.queueID === undefined && message.partition === undefined &&
    message.property === undefined && message.headers === undefined
  ) return;
  for (const name of Object.keys(MEANT) as (keyof MistakenNames)[]) {
    if (message[name] === undefined) continue;
    refuse(
      "ERR_INVALID_ARG_VALUE",
      `${name} is no field of a message; did you mean ${MEANT[name]}?`,
    );
  }
}

function checkTopic(topic: unknown): void {
  if (topic === lastTopic && lastTopic !== "") return;
  if (typeof topic !== "string" || !isTopicName(topic)) {
    refuse(
      typeof topic === "string" ? "ERR_INVALID_ARG_VALUE" : "ERR_INVALID_ARG_TYPE",
      `topic ${showArgument(topic)} is not 1 to 127 of the characters A-Z a-z 0-9 % | - _`,
    );
  }
  lastTopic = topic;
}

function checkProperty(name: string, value: unknown): void {
  if (typeof value !== "string") {
    refuse(
      "ERR_INVALID_ARG_TYPE",
      `property ${showArgument(name)} is not a string; convert it first`,
    );
  }
  const fault = propertyFault(name, value);
  if (fault === undefined) return;
  refuse("ERR_INVALID_ARG_VALUE", `property ${showArgument(name)} is refused, ${fault}`);
}

function checkOther(name: string, value: unknown): void {
  checkProperty(name, value);
  if (!isReservedProperty(name)) return;
  refuse(
    "ERR_INVALID_ARG_VALUE",
    `property ${showArgument(name)} is reserved; use the fields tags and keys, or another name`,
  );
}

function checkOthers(properties: PropertiesInput): void {
  if (properties instanceof Map) {
    for (const [name, value] of properties) checkOther(name, value);
    return;
  }
  // What else can be iterated over (Headers, a Map of another realm) shows none of its names as its own.
  if (
    typeof properties !== "object" || properties === null || Symbol.iterator in properties
  ) {
    refuse(
      "ERR_INVALID_ARG_TYPE",
      `properties is ${showArgument(properties)}, it must be an object of texts or a Map`,
    );
  }
  const record = properties as Readonly<Record<string, string>>;
  for (const name of Object.keys(record)) checkOther(name, record[name]);
}

function checkKeyList(keys: readonly unknown[]): void {
  for (const key of keys) {
    checkProperty("KEYS", key);
    if (!(key as string).includes(" ")) continue;
    refuse(
      "ERR_INVALID_ARG_VALUE",
      `key ${showArgument(key)} contains a space, which separates keys; replace it`,
    );
  }
}

function checkInteger(name: string, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return;
  refuse(
    typeof value === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_TYPE",
    `${name} ${showArgument(value)} is not an integer from ${from} to ${to}`,
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
  if (typeof message !== "object" || message === null) {
    refuse("ERR_INVALID_ARG_TYPE", `message is ${showArgument(message)}, it must be an object`);
  }
  checkNames(message as MistakenNames);
  checkTopic(message.topic);
  if (typeof message.body !== "string" && !(message.body instanceof Uint8Array)) {
    refuse(
      "ERR_INVALID_ARG_TYPE",
      `body is ${showArgument(message.body)}, it must be a Uint8Array or a string`,
    );
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

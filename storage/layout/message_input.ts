/**
 * A message as a user gives it, and what may be stored.
 *
 * @module
 */
import { argumentError, type ArgumentErrorCode, showArgument } from "../errors.ts";
import { isDetached } from "./detached.ts";
import { isRecord } from "./members.ts";
import { type PropertiesInput, propertyFault } from "./message_properties.ts";
import { FLAG_COMPRESSED } from "./message_record.ts";
import {
  areOfCheckpoint,
  checkpointProperties,
  isReservedProperty,
} from "./reserved_properties.ts";
import { isMoment } from "./moment.ts";
import { isTopicName } from "./topic_name.ts";
import { CHECKPOINT_PREFIX, KEYS_NAME, RECORD_CRC_NAME, TAGS_NAME } from "./names.ts";

/** A message to store. Field names are RocketMQ's. */
export interface MessageInput {
  /** The topic: letters, digits, `%`, `|`, `-`, `_`, at most 127. */
  readonly topic: string;
  /** The content. A string is stored as UTF-8. */
  readonly body: Uint8Array | string;
  /** The tags by which consumers filter. Default: none. */
  readonly tags?: string;
  /** The keys by which the message is found: a list, or a string in which spaces separate them. Default: none. */
  readonly keys?: string | readonly string[];
  /** Other properties. Default: none. Reserved names are refused, and left out of a message that was read from a log. */
  readonly properties?: PropertiesInput;
  /** The queue of the topic. Default: 0. */
  readonly queueId?: number;
  /** A number of the user's own, 32 bits, signed. Default: 0. */
  readonly flag?: number;
  /** When the message was made, in ms since epoch. Default: now. */
  readonly bornTimestamp?: number | Date;
}

/** Names that are taken for a field's by mistake; what they carry would be lost without a word. */
export interface MistakenNames {
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

/** A property of all of a kind, as the language made it: an object's own, or a subclass's, may say anything. */
function getterOf<This, Value>(prototype: object, name: string): (this: This) => Value {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);
const lengthOf = getterOf<Uint8Array, number>(TYPED_ARRAY, "length");
const bufferOf = getterOf<Uint8Array, ArrayBufferLike>(TYPED_ARRAY, "buffer");
const offsetOf = getterOf<Uint8Array, number>(TYPED_ARRAY, "byteOffset");
const sharedLengthOf = getterOf<ArrayBufferLike, number>(SharedArrayBuffer.prototype, "byteLength");

/** What a log has as the value of {@linkcode RECORD_CRC_NAME}. */
const CHECKSUM = /^[0-9]{10}$/;

// Messages come in runs of one topic, so the last good name is checked by comparison alone.
let lastTopic = "";

function refuse(code: ArgumentErrorCode, state: string): never {
  throw argumentError(code, `Cannot store message: ${state}`);
}

/**
 * Looks for names that are taken for a field's by mistake. Each is read by itself: a loop over what a message has would cost more
 * than all other checks.
 *
 * @param message The message.
 * @returns What is wrong, in words, or `undefined`.
 */
export function mistakenName(message: MistakenNames): string | undefined {
  if (
    message.key === undefined && message.tag === undefined && message.queue === undefined &&
    message.queueID === undefined && message.partition === undefined &&
    message.property === undefined && message.headers === undefined
  ) return undefined;
  const name = (Object.keys(MEANT) as (keyof MistakenNames)[])
    .find((one) => message[one] !== undefined)!;
  return `${name} is no field of a message; did you mean ${MEANT[name]}?`;
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

/** Where a message keeps what its reserved properties say. */
interface MessageFields {
  readonly tags: unknown;
  readonly keys: unknown;
  /** As they were handed in. */
  readonly properties: PropertiesInput;
  /** The message itself. */
  readonly message: object;
}

/**
 * What only a store or a broker writes is left out of what was read from a log: such a message has a position, or at least a sysFlag,
 * and its properties alone have the checksum, in its form. Of keys and tags, only what the fields say is taken.
 */
function isLeftOut(
  name: string,
  taken: ReadonlyMap<string, string>,
  { tags, keys, message }: MessageFields,
): boolean {
  if (name === KEYS_NAME && keys === undefined) return false;
  if (name === TAGS_NAME && tags === undefined) return false;
  if ("position" in message || "sysFlag" in message) return true;
  return CHECKSUM.test(taken.get(RECORD_CRC_NAME) ?? "");
}

function refuseReserved(name: string): never {
  refuse(
    "ERR_INVALID_ARG_VALUE",
    `property ${showArgument(name)} is reserved; use the fields tags and keys, or another name`,
  );
}

/** Takes the pairs out, so that what is checked is what is stored: a getter may say something else the second time. */
function takeOthers(fields: MessageFields): ReadonlyMap<string, string> {
  const { properties } = fields;
  const taken = new Map<string, string>();
  if (properties instanceof Map) {
    refuseNamed(properties);
    for (const [name, value] of properties) taken.set(name, value);
  } else {
    const record = properties as Readonly<Record<string, string>>;
    for (const name of namesOf(record)) taken.set(name, record[name]);
  }
  let reserved: string[] | undefined;
  for (const [name, value] of taken) {
    checkProperty(name, value);
    if (!isReservedProperty(name)) continue;
    if (name.startsWith(CHECKPOINT_PREFIX) && areOfCheckpoint(properties)) {
      // What was taken is checked once more when it is written.
      checkpointProperties(taken);
      continue;
    }
    if (!isLeftOut(name, taken, fields)) refuseReserved(name);
    (reserved ??= []).push(name);
  }
  if (reserved !== undefined) { for (const name of reserved) taken.delete(name); }
  return taken;
}

/** What is written onto a Map instead of into it. */
function refuseNamed(properties: ReadonlyMap<string, string>): void {
  for (const name in properties) {
    refuse(
      "ERR_INVALID_ARG_VALUE",
      `properties is a Map with the member ${showArgument(name)}; put it in with set()`,
    );
  }
}

/** What is no record (Headers, a Map of another realm, a Date, a promise) shows none of its names as its own, or not all. */
function namesOf(properties: unknown): readonly string[] {
  // Nearly all are plain; to look at all members of each would take longer than all the rest.
  const isPlain = typeof properties === "object" && properties !== null &&
    Object.getPrototypeOf(properties) === Object.prototype;
  const names = isPlain ? Object.keys(properties) : [];
  if (names.length > 0) return names;
  if (isRecord(properties)) return Object.keys(properties);
  const shown = showArgument(properties);
  const what = shown === "an object" ? "an object with other members than texts of its own" : shown;
  refuse(
    "ERR_INVALID_ARG_TYPE",
    `properties is ${what}, it must be an object of texts or a Map`,
  );
}

function takeKeys(keys: string | readonly unknown[]): string | undefined {
  if (!Array.isArray(keys)) {
    checkProperty(KEYS_NAME, keys);
    return keys as string;
  }
  const taken: string[] = [];
  for (const key of keys) {
    checkProperty(KEYS_NAME, key);
    if (key.includes(" ")) {
      refuse(
        "ERR_INVALID_ARG_VALUE",
        `key ${showArgument(key)} contains a space, which separates keys; replace it`,
      );
    }
    taken.push(key);
  }
  return taken.length === 0 ? undefined : taken.join(" ");
}

function takeBody(body: Uint8Array | string): Uint8Array | string {
  if (typeof body === "string") {
    if (body.isWellFormed()) return body;
    refuse(
      "ERR_INVALID_ARG_VALUE",
      "body is not well-formed Unicode (a lone surrogate); store it as bytes",
    );
  }
  // A proxy of one is an instance, too, and has no bytes.
  if (!(body instanceof Uint8Array) || !ArrayBuffer.isView(body)) {
    refuse(
      "ERR_INVALID_ARG_TYPE",
      `body is ${showArgument(body)}, it must be a Uint8Array or a string`,
    );
  }
  const byteLength = lengthOf.call(body);
  if (byteLength === 0 && isDetached(body)) {
    refuse(
      "ERR_INVALID_ARG_VALUE",
      "the buffer of body is detached, it was transferred or cut; append before it is given away",
    );
  }
  // Not by its prototype, which takes longer to ask for than all the rest.
  const isPlain = body.constructor === Uint8Array && byteLength === body.length &&
    bufferOf.call(body) instanceof ArrayBuffer;
  return isPlain ? body : makePlain(body, byteLength);
}

/** What says of itself how long it is, or where its bytes are, is not asked again; and another thread may write to shared memory at any moment. */
function makePlain(body: Uint8Array, byteLength: number): Uint8Array {
  const buffer = bufferOf.call(body);
  const view = new Uint8Array(buffer, offsetOf.call(body), byteLength);
  return isShared(buffer) ? new Uint8Array(view) : view;
}

/** Also where it was made in another realm. */
function isShared(buffer: ArrayBufferLike): boolean {
  try {
    sharedLengthOf.call(buffer);
    return true;
  } catch {
    return false;
  }
}

function checkInteger(name: string, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return;
  refuse(
    typeof value === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_TYPE",
    `${name} ${showArgument(value)} is not an integer from ${from} to ${to}`,
  );
}

function checkTime(time: number | Date): number {
  const ms = typeof time !== "number" && isMoment(time) ? time.getTime() : time;
  checkInteger("bornTimestamp", ms as number, 0, Number.MAX_SAFE_INTEGER);
  return ms as number;
}

/** A message that was read may have a body that nobody could decompress; as it is, its copy would be taken for the content. */
function refuseCompressed(sysFlag: unknown): void {
  if (typeof sysFlag !== "number" || (sysFlag & FLAG_COMPRESSED) === 0) return;
  refuse(
    "ERR_INVALID_ARG_VALUE",
    "body is still compressed (sysFlag), its codec is not here; decompress it first",
  );
}

/** A message that was checked. It is nobody else's, but for the bytes of the body. */
export interface CheckedMessage extends Omit<MessageInput, "bornTimestamp"> {
  /** When it came into being, ms since epoch. */
  readonly bornTimestamp: number | undefined;
  /** The keys, separated by spaces. */
  readonly keys: string | undefined;
  /** Other properties. */
  readonly properties: ReadonlyMap<string, string> | undefined;
}

/**
 * Checks a message before anything is done with it, and reads it while it does: each member once. Lengths are checked later,
 * when they are known.
 *
 * @param message The message.
 * @returns What was checked. The body is the caller's own bytes, but a copy where they are in shared memory.
 * @throws {TypeError} If a field has the wrong type, the topic is no topic name, a property is reserved,
 * empty or contains a separator, or the body is detached or has a lone surrogate.
 * @throws {RangeError} If a number is out of range.
 */
export function checkMessageInput(message: MessageInput): CheckedMessage {
  if (typeof message !== "object" || message === null) {
    refuse("ERR_INVALID_ARG_TYPE", `message is ${showArgument(message)}, it must be an object`);
  }
  const mistaken = mistakenName(message as MistakenNames);
  if (mistaken !== undefined) refuse("ERR_INVALID_ARG_VALUE", mistaken);
  refuseCompressed((message as { readonly sysFlag?: unknown }).sysFlag);
  const { topic, body, tags, keys, properties, queueId, flag, bornTimestamp } = message;
  checkTopic(topic);
  if (tags !== undefined) checkProperty(TAGS_NAME, tags);
  if (queueId !== undefined) checkInteger("queueId", queueId, 0, 0x7fffffff);
  if (flag !== undefined) checkInteger("flag", flag, -0x80000000, 0x7fffffff);
  const born = bornTimestamp === undefined ? undefined : checkTime(bornTimestamp);
  return {
    topic,
    tags,
    queueId,
    flag,
    bornTimestamp: born,
    keys: keys === undefined ? undefined : takeKeys(keys),
    properties: properties === undefined
      ? undefined
      : takeOthers({ tags, keys, properties, message }),
    // Last: what runs before, getters among it, is the caller's and may do anything to the body.
    body: takeBody(body),
  };
}

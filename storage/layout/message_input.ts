/**
 * A message as a user gives it, and what may be stored.
 *
 * @module
 */
import type { Message } from "../message.ts";
import { argumentError, type ArgumentErrorCode, showArgument } from "../errors.ts";
import { hasOnlyPairs, isDetached, isMoment } from "./members.ts";
import { propertyFault } from "./message_properties.ts";
import { FLAG_COMPRESSED } from "./message_record.ts";
import { isReservedProperty, letHoldTheSame, mayHold } from "./reserved_properties.ts";
import { DELAY_MS_MAX } from "./tags_code.ts";
import { isTopicName } from "./topic_name.ts";
import { KEYS_NAME, RECORD_CRC_NAME, TAGS_NAME } from "./names.ts";

/** Fields of a message. */
const FIELDS = [
  ...["topic", "body", "tags", "keys", "properties", "queueId", "flag"],
  ...["bornTimestamp", "delayMs", "deliverAt"],
] as const;

/**
 * Names that users write by mistake, in small letters without `_` and `-`; without a check their
 * values would be lost silently.
 */
const MEANT: ReadonlyMap<string, string> = new Map([
  ...FIELDS.map((field) => [field.toLowerCase(), field] as const),
  ...([
    ["keys", ["key"]],
    ["tags", ["tag"]],
    ["queueId", ["queue", "partition"]],
    ["properties", ["property", "props", "headers"]],
    ["delayMs", ["delay", "delaytimems", "delayseconds"]],
    ["deliverAt", ["runat", "sendat", "scheduleat", "scheduledat", "deliverytimestamp"]],
    ["deliverAt", ["delayuntil", "delivertimems", "notbefore", "availableat"]],
    ["bornTimestamp", ["timestamp"]],
  ] as const).flatMap(([field, names]) => names.map((name) => [name, field] as const)),
]);

/** Names of which a class may make getters that no loop shows. */
interface MaybeInherited {
  readonly key?: unknown;
  readonly tag?: unknown;
  readonly queue?: unknown;
  readonly partition?: unknown;
  readonly property?: unknown;
  readonly props?: unknown;
  readonly headers?: unknown;
  readonly delay?: unknown;
  readonly timestamp?: unknown;
}

/** A getter as the language made it: an object's own, or a subclass's, may say anything. */
function getterOf<This, Value>(prototype: object, name: string): (this: This) => Value {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);
const lengthOf = getterOf<Uint8Array, number>(TYPED_ARRAY, "length");
const bufferOf = getterOf<Uint8Array, ArrayBufferLike>(TYPED_ARRAY, "buffer");
const offsetOf = getterOf<Uint8Array, number>(TYPED_ARRAY, "byteOffset");
const sharedLengthOf = getterOf<ArrayBufferLike, number>(SharedArrayBuffer.prototype, "byteLength");

/** The form of {@linkcode RECORD_CRC_NAME} in a log. */
const CHECKSUM = /^[0-9]{10}$/;

// Messages come in runs of one topic, so the last good name is checked by comparison alone.
let lastTopic = "";

function refuse(code: ArgumentErrorCode, state: string): never {
  throw argumentError(code, `Cannot store message: ${state}`);
}

function refuseType(state: string): never {
  refuse("ERR_INVALID_ARG_TYPE", state);
}

function refuseValue(state: string): never {
  refuse("ERR_INVALID_ARG_VALUE", state);
}

/**
 * Says which name is mistaken; `undefined` if none is. The usual names are told by comparison
 * alone: nearly every message has no others, and looking one up takes as long as the loop.
 */
export function mistakenName(message: object): string | undefined {
  for (const name in message) {
    switch (name) {
      case "topic":
      case "body":
      case "tags":
      case "keys":
      case "properties":
      case "queueId":
      case "flag":
      case "bornTimestamp":
      case "delayMs":
      case "deliverAt":
        continue;
      default:
        if (isMistaken(name, message)) return tellMistaken(name);
    }
  }
  // A literal inherits nothing; asking for its prototype takes as long as the loop.
  return message.constructor === Object ? undefined : inheritedName(message);
}

function isMistaken(name: string, message: object): boolean {
  return meantBy(name) !== undefined && (message as Record<string, unknown>)[name] !== undefined;
}

/** The field that a name is meant for; `undefined` if none is. */
function meantBy(name: string): string | undefined {
  return MEANT.get(name.toLowerCase().replace(/[_-]/g, ""));
}

function tellMistaken(name: string): string {
  return `${name} is not a field of a message; did you mean ${meantBy(name)}?`;
}

/** Each name is read by itself: listing what a class has would cost more than all other checks. */
function inheritedName(message: MaybeInherited): string | undefined {
  if (
    message.key === undefined && message.tag === undefined && message.queue === undefined &&
    message.partition === undefined && message.property === undefined &&
    message.props === undefined && message.headers === undefined &&
    message.delay === undefined && message.timestamp === undefined
  ) return undefined;
  const name = [...MEANT.keys()]
    .find((one) => !(FIELDS as readonly string[]).includes(one) && isMistaken(one, message))!;
  return tellMistaken(name);
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
    refuseType(`property ${showArgument(name)} is not a string; convert it first`);
  }
  const fault = propertyFault(name, value);
  if (fault !== undefined) refuseValue(`property ${showArgument(name)} is refused, ${fault}`);
}

/** What decides whether reserved properties are refused. */
interface MessageFields {
  readonly tags: unknown;
  readonly keys: unknown;
  /** As handed in. */
  readonly properties: NonNullable<Message["properties"]>;
  readonly message: object;
}

/**
 * Whether a reserved property is left out instead of refused: the message was read from a log (it
 * has a position or a sysFlag, or the checksum among its properties), and KEYS or TAGS are also in
 * the fields.
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
  const property = `property ${showArgument(name)}`;
  refuseValue(`${property} is reserved; use the fields tags and keys, or another name`);
}

/** Copies the pairs before it checks them: a getter may say something else the second time. */
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
    if (mayHold(properties, name)) {
      // The copy is checked once more when it is written.
      letHoldTheSame(properties, taken);
      continue;
    }
    if (!isLeftOut(name, taken, fields)) refuseReserved(name);
    (reserved ??= []).push(name);
  }
  if (reserved !== undefined) { for (const name of reserved) taken.delete(name); }
  return taken;
}

/** Refuses members that were assigned to a Map instead of put into it. */
function refuseNamed(properties: ReadonlyMap<string, string>): void {
  for (const name in properties) {
    refuseValue(`properties is a Map with the member ${showArgument(name)}; put it in with set()`);
  }
}

/**
 * Refuses what is not a record (Headers, a Map of another realm, a Date, a promise): its pairs are
 * hidden.
 */
function namesOf(properties: unknown): readonly string[] {
  // Nearly all are plain; looking at all members would take longer than all other checks.
  const isPlain = typeof properties === "object" && properties !== null &&
    Object.getPrototypeOf(properties) === Object.prototype;
  const names = isPlain ? Object.keys(properties) : [];
  if (names.length > 0) return names;
  if (hasOnlyPairs(properties)) return Object.keys(properties);
  const shown = showArgument(properties);
  const what = shown === "an object" ? "an object with other members than texts of its own" : shown;
  refuseType(`properties is ${what}, it must be an object of texts or a Map`);
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
      refuseValue(`key ${showArgument(key)} contains a space, which separates keys; replace it`);
    }
    taken.push(key);
  }
  return taken.length === 0 ? undefined : taken.join(" ");
}

/**
 * Checks a body; bytes stay the caller's unless they are shared memory.
 *
 * @throws {TypeError} If it is neither bytes nor text, is detached, or has a lone surrogate.
 */
export function takeBody(body: Uint8Array | string): Uint8Array | string {
  if (typeof body === "string") {
    if (body.isWellFormed()) return body;
    refuseValue("body is not well-formed Unicode (a lone surrogate); store it as bytes");
  }
  // A proxy of a Uint8Array is an instance of it, but has no bytes.
  if (!(body instanceof Uint8Array) || !ArrayBuffer.isView(body)) {
    refuseType(`body is ${showArgument(body)}, it must be a Uint8Array or a string`);
  }
  const byteLength = lengthOf.call(body);
  if (byteLength === 0 && isDetached(body)) {
    refuseValue(
      "the buffer of body is detached, it was transferred or cut; append the message before that",
    );
  }
  // Asking for the prototype takes longer than all other checks.
  const isPlain = body.constructor === Uint8Array && byteLength === body.length &&
    bufferOf.call(body) instanceof ArrayBuffer;
  return isPlain ? body : makePlain(body, byteLength);
}

/**
 * Views the bytes anew, since a subclass may lie about them; copies them if another thread may
 * change them.
 */
function makePlain(body: Uint8Array, byteLength: number): Uint8Array {
  const buffer = bufferOf.call(body);
  const view = new Uint8Array(buffer, offsetOf.call(body), byteLength);
  return isShared(buffer) ? new Uint8Array(view) : view;
}

/** Also for a buffer of another realm; an error that is made and caught takes microseconds. */
function isShared(buffer: ArrayBufferLike): boolean {
  if (buffer instanceof ArrayBuffer) return false;
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

function checkTime(name: string, time: number | Date): number {
  const ms = typeof time !== "number" && isMoment(time) ? time.getTime() : time;
  checkInteger(name, ms as number, 0, Number.MAX_SAFE_INTEGER);
  return ms as number;
}

/** A body that was read and could not be decompressed would be stored as if it were the content. */
function refuseCompressed(sysFlag: unknown): void {
  if (typeof sysFlag !== "number" || (sysFlag & FLAG_COMPRESSED) === 0) return;
  refuseValue("body is still compressed (sysFlag); decompress it first");
}

/** A checked message: a copy, except for the bytes of the body. */
export interface CheckedMessage
  extends Omit<Message, "bornTimestamp" | "delayMs" | "deliverAt" | "keys" | "properties"> {
  /** Not longer than the longest of the levels. */
  readonly delayMs?: number | undefined;
  /** Ms since epoch; not beside a delay. */
  readonly deliverAt?: number | undefined;
  /** Ms since epoch. */
  readonly bornTimestamp?: number | undefined;
  /** Separated by spaces. */
  readonly keys?: string | undefined;
  readonly properties?: ReadonlyMap<string, string> | undefined;
}

/**
 * Checks a message and copies it, reading each member once. The body stays the caller's bytes
 * unless they are shared memory. Lengths are checked later, when they are known.
 *
 * @throws {TypeError} If a field is wrong, or the body is detached or has a lone surrogate.
 * @throws {RangeError} If a number is out of range.
 */
export function checkMessageInput(message: Message): CheckedMessage {
  if (typeof message !== "object" || message === null) {
    refuseType(`message is ${showArgument(message)}, it must be an object`);
  }
  const mistaken = mistakenName(message);
  if (mistaken !== undefined) refuseValue(mistaken);
  refuseCompressed((message as { readonly sysFlag?: unknown }).sysFlag);
  const { topic, body, tags, keys, properties, queueId, flag, bornTimestamp } = message;
  const { delayMs, deliverAt } = message;
  checkTopic(topic);
  if (tags !== undefined) checkProperty(TAGS_NAME, tags);
  if (queueId !== undefined) checkInteger("queueId", queueId, 0, 0x7fffffff);
  if (flag !== undefined) checkInteger("flag", flag, -0x80000000, 0x7fffffff);
  if (delayMs !== undefined) checkInteger("delayMs", delayMs, 0, DELAY_MS_MAX);
  if (deliverAt !== undefined && (delayMs ?? 0) > 0) {
    refuseValue("it has delayMs and deliverAt; give one of them");
  }
  const born = bornTimestamp === undefined ? undefined : checkTime("bornTimestamp", bornTimestamp);
  return {
    topic,
    tags,
    queueId,
    flag,
    bornTimestamp: born,
    delayMs,
    deliverAt: deliverAt === undefined ? undefined : checkTime("deliverAt", deliverAt),
    keys: keys === undefined ? undefined : takeKeys(keys),
    properties: properties === undefined
      ? undefined
      : takeOthers({ tags, keys, properties, message }),
    // Last: the caller's getters, which run before, may do anything to the body.
    body: takeBody(body),
  };
}

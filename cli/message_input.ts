/**
 * Messages from JSON lines: the form that `cat --json` prints, or parts of it.
 *
 * @module
 */
import { FLAG_COMPRESSED, isReservedProperty, mistakenName } from "../storage/layout/mod.ts";
import type { Message, MessageJson } from "../storage/mod.ts";
import { CommandError } from "./cli_error.ts";

/** Fields by which a line says what is stored. */
const FIELDS = [
  ...["topic", "body", "bodyBase64", "tags", "keys", "properties", "queueId", "flag"],
  ...["bornTimestamp", "delayMs", "deliverAt"],
];
/** What `cat --json` prints beside them, and a new message has of its own. */
const PASSED_OVER: readonly (keyof MessageJson)[] = [
  ...["offset", "nextOffset", "position", "byteLength", "storeTimestamp", "sysFlag"] as const,
  ...["messageId", "bornHost", "storeHost", "reconsumeTimes"] as const,
];
const KNOWN: ReadonlySet<string> = new Set([...FIELDS, ...PASSED_OVER]);

/** What a message gets that does not say otherwise. */
export type MessageDefaults = Pick<
  Message,
  "topic" | "tags" | "keys" | "queueId" | "delayMs" | "deliverAt"
>;

/**
 * Reads a message; `number` is its line, for messages.
 *
 * @throws {CommandError} If the line is not a message.
 */
export function parseMessage(line: Uint8Array, number: number, defaults: MessageDefaults): Message {
  const value = parseObject(line, number);
  const mistaken = mistakenName(value);
  if (mistaken !== undefined) throw refuse(number, mistaken);
  const stranger = Object.keys(value).find((name) => !KNOWN.has(name));
  if (stranger !== undefined) {
    const name = JSON.stringify(stranger);
    throw refuse(number, `${name} is not a field of a message; there are ${FIELDS.join(", ")}`);
  }
  const sysFlag = numberOf(value.sysFlag, "sysFlag", number) ?? 0;
  if ((sysFlag & FLAG_COMPRESSED) !== 0) {
    throw refuse(number, "its body is still compressed (sysFlag); decompress it first");
  }
  return {
    topic: stringOf(value.topic, "topic", number) ?? defaults.topic,
    body: bodyOf(value, number),
    tags: stringOf(value.tags, "tags", number) ?? defaults.tags,
    keys: keysOf(value.keys, number) ?? defaults.keys,
    properties: propertiesOf(value, number),
    queueId: numberOf(value.queueId, "queueId", number) ?? defaults.queueId,
    flag: numberOf(value.flag, "flag", number),
    bornTimestamp: numberOf(value.bornTimestamp, "bornTimestamp", number),
    ...waitOf(value, number, defaults),
  };
}

/** How long or until when it waits: as it says itself, else by the defaults. */
function waitOf(
  value: Record<string, unknown>,
  number: number,
  { delayMs, deliverAt }: MessageDefaults,
): Pick<Message, "delayMs" | "deliverAt"> {
  const own = {
    delayMs: numberOf(value.delayMs, "delayMs", number),
    deliverAt: numberOf(value.deliverAt, "deliverAt", number),
  };
  const saysOwn = own.delayMs !== undefined || own.deliverAt !== undefined;
  return saysOwn ? own : { delayMs, deliverAt };
}

function refuse(number: number, detail: string): CommandError {
  return new CommandError(`Cannot append line ${number}: ${detail}`);
}

function parseObject(line: Uint8Array, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(line));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(number, "it is no JSON; give one message a line");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(number, "it is no object; give one message a line");
  }
  return value as Record<string, unknown>;
}

function bodyOf(value: Record<string, unknown>, number: number): Uint8Array | string {
  const { body, bodyBase64 } = value;
  if (typeof body === "string" && bodyBase64 === undefined) return body;
  if (body !== undefined || typeof bodyBase64 !== "string") {
    throw refuse(number, "it needs a string body, or bodyBase64");
  }
  try {
    return Uint8Array.from(atob(bodyBase64), (character) => character.charCodeAt(0));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw refuse(number, "its bodyBase64 is no base64");
  }
}

function stringOf(value: unknown, name: string, number: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw refuse(number, `${name} is no string`);
}

function numberOf(value: unknown, name: string, number: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  throw refuse(number, `${name} is no number`);
}

function keysOf(value: unknown, number: number): string | string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || !value.every((key) => typeof key === "string")) {
    throw refuse(number, "keys are neither a string nor a list of strings");
  }
  return value.length === 0 ? undefined : value;
}

/**
 * A message with a position comes from `cat --json`: what a store or a broker wrote is left out.
 */
function propertiesOf(
  message: Record<string, unknown>,
  number: number,
): Map<string, string> | undefined {
  const value = message.properties;
  const isStored = typeof message.position === "number";
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) {
    throw refuse(number, "properties are no object");
  }
  const properties = new Map<string, string>();
  for (const [name, content] of Object.entries(value)) {
    if (isStored && isReservedProperty(name)) continue;
    if (typeof content !== "string") {
      throw refuse(number, `property ${JSON.stringify(name)} is no string`);
    }
    properties.set(name, content);
  }
  return properties;
}

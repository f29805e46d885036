/**
 * The message that carries a value.
 *
 * @module
 */
import { CONTENT_TYPE_NAME, SCHEMA_VERSION_NAME } from "../../storage/layout/mod.ts";
import type { Message } from "../../storage/mod.ts";
import type { MessageFields } from "./types.ts";

/** The properties that a topic gives each of its messages. */
export function ownProperties(
  contentType: string,
  schemaVersion: string | undefined,
): Readonly<Record<string, string>> {
  const own = { [CONTENT_TYPE_NAME]: contentType };
  return schemaVersion === undefined ? own : { ...own, [SCHEMA_VERSION_NAME]: schemaVersion };
}

/** A message of what was encoded; the topic's own properties come before those of its fields. */
export function messageOf(
  topic: string,
  body: Uint8Array | string,
  { tags, keys, queueId, flag, bornTimestamp, delayMs, deliverAt, properties }: MessageFields,
  own: Readonly<Record<string, string>>,
): Message {
  return {
    topic,
    body,
    tags,
    keys,
    queueId,
    flag,
    bornTimestamp,
    delayMs,
    deliverAt,
    properties: properties === undefined ? own : { ...pairsOf(properties), ...own },
  };
}

function pairsOf(
  properties: NonNullable<MessageFields["properties"]>,
): Readonly<Record<string, string>> {
  return properties instanceof Map
    ? Object.fromEntries(properties)
    : properties as Readonly<Record<string, string>>;
}

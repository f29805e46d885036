/**
 * Finds messages by key, and one message by position.
 *
 * @module
 */
import {
  CLOCK_TOLERANCE_MS,
  KEYS_NAME,
  MAGIC_V1,
  MAGIC_V2,
  messageKeys,
  RECORD_BYTE_LENGTH_MIN,
  searchTime,
  UNIQ_KEY_NAME,
} from "../layout/mod.ts";
import type { FindOptions, StoredMessage } from "../types.ts";
import { isDeleted, type ReadContext } from "./read_context.ts";
import { RecordMessage } from "./record_message.ts";
import { readRecord } from "./record_reader.ts";

/**
 * Messages of a topic that carry a key, newest first: one of `KEYS`, or the whole `UNIQ_KEY`. The
 * index knows only hashes, so every hit is checked against its record.
 */
export async function* findMessages(
  context: ReadContext,
  topic: string,
  key: string,
  options: FindOptions,
): AsyncGenerator<StoredMessage, undefined, undefined> {
  const { limit = Infinity, visibility = "committed" } = options;
  const from = Number(options.since ?? 0);
  const to = Number(options.until ?? Infinity);
  const tags = typeof options.tags === "string" ? [options.tags] : options.tags;
  const end = context.end(visibility);
  let count = 0;
  const now = context.now();
  // By the index alone such a message would be too young for any limit.
  const range = { from, to, aheadFrom: now + CLOCK_TOLERANCE_MS };
  for (const position of context.index.find(topic, key, range)) {
    if (context.turns.isDue()) await context.turns.pause();
    options.signal?.throwIfAborted();
    context.assertOpen("find messages");
    if (count === limit) return undefined;
    if (position === undefined || position < context.segments.start || position >= end) continue;
    if (context.hidden.has(position)) continue;
    const message = messageAt(context, position);
    if (message === undefined || message.topic !== topic) continue;
    const time = searchTime(message, now);
    if (time < from || time >= to || !carries(message, key)) continue;
    if (tags !== undefined && !tags.includes(message.tags ?? "")) continue;
    count++;
    yield message;
  }
  return undefined;
}

/** The message whose record starts at a position, if a visible one does. */
export function getMessage(context: ReadContext, position: number): StoredMessage | undefined {
  const isInside = position >= context.segments.start && position < context.end("committed");
  return isInside && !context.hidden.has(position) ? messageAt(context, position) : undefined;
}

/** The message at a position, or `undefined` if no record is there, or not any more. */
function messageAt(context: ReadContext, position: number): RecordMessage | undefined {
  try {
    return readAt(context, position);
  } catch (error) {
    if (isDeleted(context, error, position)) return undefined;
    throw error;
  }
}

/** The message at a position, or `undefined` if what is there does not look like a record. */
function readAt(context: ReadContext, position: number): RecordMessage | undefined {
  const { segments } = context;
  const head = new Uint8Array(8);
  if (!segments.copy(position, head.length, head, 0)) return undefined;
  const headView = new DataView(head.buffer);
  const byteLength = headView.getInt32(0);
  const magic = headView.getInt32(4);
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return undefined;
  const segment = segments.at(position)!;
  if (byteLength < RECORD_BYTE_LENGTH_MIN || position + byteLength > segment.end) return undefined;
  const bytes = new Uint8Array(byteLength);
  segments.copy(position, byteLength, bytes, 0);
  const view = new DataView(bytes.buffer);
  const record = readRecord(context, bytes, view, 0, { position, byteLength });
  return new RecordMessage(record, record.topic(), record.queueId, record.queueOffset);
}

function carries(message: RecordMessage, key: string): boolean {
  const { properties } = message;
  return messageKeys(properties.get(UNIQ_KEY_NAME), properties.get(KEYS_NAME)).includes(key);
}

/**
 * The messages of a RocketMQ broker's directory as JSON, one a line, on standard output.
 *
 * @module
 */
import { openStore, type Store, type StoredMessage } from "@streambed/log";
import { Buffer } from "node:buffer";
import process from "node:process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const [directory = "store", ...topics] = process.argv.slice(2);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

await using store = await openStore(directory, { readOnly: true });
await pipeline(Readable.from(lines(store)), process.stdout, { end: false });

/** All topics, or those that were asked for; queue by queue, each in order. */
async function* lines(store: Store): AsyncGenerator<string> {
  for (const { topic, queues } of store.topics()) {
    if (topics.length > 0 && !topics.includes(topic)) continue;
    for (const { queueId } of queues) {
      for await (const message of store.queue(topic, queueId).read()) {
        yield `${JSON.stringify(toJson(message))}\n`;
      }
    }
  }
}

function toJson(message: StoredMessage): object {
  const { topic, queueId, offset, storeTimestamp, tags, keys, properties, body } = message;
  return {
    topic,
    queueId,
    offset,
    storedAt: new Date(storeTimestamp).toISOString(),
    tags,
    keys,
    properties: Object.fromEntries(properties),
    ...textOrBase64(body),
  };
}

function textOrBase64(body: Uint8Array): { body: string } | { bodyBase64: string } {
  try {
    return { body: utf8.decode(body) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { bodyBase64: Buffer.from(body).toString("base64") };
  }
}

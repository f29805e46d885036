/**
 * Compares an open store with what a golden one holds, answer by answer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import type { AppendResult, Store, StoredMessage } from "../../mod.ts";
import type { ExpectedFind, ExpectedRead, ExpectedStore } from "./golden_expected.ts";
import type { ExpectedMessage } from "./golden_messages.ts";

const COMPRESSED = 1;
/** Where `bodyLength` stands in a record whose hosts are both IPv4. */
const BODY_LENGTH_AT = 84;
const RAW_BODY_AT = 88;

/**
 * Asserts that a store holds and answers what a golden one should.
 *
 * @param store The open store.
 * @param expected What is right.
 */
export async function assertAnswers(store: Store, expected: ExpectedStore): Promise<void> {
  assert.equal(store.info.earliestPosition, expected.from);
  assert.equal(store.info.committedPosition, expected.to);
  await assertContent(store, expected);
  await assertReads(store, expected.reads);
  for (const { topic, queueId, time, lower } of expected.times) {
    const found = await store.queue(topic, queueId).offsetAt(time);
    assert.equal(found, lower, `${topic}/${queueId} ${time}`);
  }
}

/**
 * Asserts that a store holds everything that a golden one held, and after it what was appended.
 *
 * @param store The open store.
 * @param expected What was there first.
 * @param appended What came after it, in order.
 */
export async function assertContent(
  store: Store,
  expected: ExpectedStore,
  appended: readonly AppendResult[] = [],
): Promise<void> {
  for (const message of expected.messages) {
    const found = await store.get(message.position);
    assert.ok(found, `position ${message.position}`);
    assertMessage(found, message);
  }
  for (const [position] of expected.blanks) {
    assert.equal(await store.get(position), undefined);
  }
  await assertQueues(store, expected, appended);
  await assertFinds(store, expected.finds);
}

/** All queues, no other ones, and each message in its place. */
async function assertQueues(
  store: Store,
  expected: ExpectedStore,
  appended: readonly AppendResult[],
): Promise<void> {
  const places = new Map<string, { topic: string; queueId: number; from: number; to: number }>();
  for (const { topic, queueId, earliest, latest } of expected.queues) {
    places.set(`${topic}/${queueId}`, { topic, queueId, from: earliest, to: latest });
  }
  for (const { topic, queueId, offset } of appended) {
    const key = `${topic}/${queueId}`;
    const place = places.get(key) ?? { topic, queueId, from: offset, to: offset };
    places.set(key, { ...place, to: offset + 1 });
  }
  assert.deepEqual(
    listed(store).sort(),
    [...places.values()].map((place) => JSON.stringify(Object.values(place))).sort(),
  );
  for (const { topic, queueId } of places.values()) {
    const queue = expected.queues.find((one) => one.topic === topic && one.queueId === queueId);
    const later = appended.filter((one) => one.topic === topic && one.queueId === queueId);
    await assertQueue(store, { topic, queueId }, queue?.messages ?? [], later);
  }
}

function listed(store: Store): string[] {
  return store.topics().flatMap(({ topic, queues }) =>
    queues.map(({ queueId, earliestOffset, endOffset }) =>
      JSON.stringify([topic, queueId, earliestOffset, endOffset])
    )
  );
}

async function assertQueue(
  store: Store,
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
  messages: readonly ExpectedMessage[],
  appended: readonly AppendResult[],
): Promise<void> {
  const found = await Array.fromAsync(store.queue(topic, queueId).read());
  assert.deepEqual(
    found.map(({ offset, position }) => [offset, position]),
    [...messages, ...appended].map(({ offset, position }) => [offset, position]),
    `${topic}/${queueId}`,
  );
  for (const [index, message] of messages.entries()) {
    // A light queue hands out its parent's records under its own name.
    assertMessage(found[index], { ...message, topic, queueId });
  }
  let index = 0;
  store.queue(topic, queueId).borrowSync({}, (record) => {
    if (index < messages.length) assertStored(record, found[index], messages[index]);
    index++;
  });
  assert.equal(index, found.length);
}

function assertMessage(found: StoredMessage, message: ExpectedMessage): void {
  const { messageCount: _count, version: _version, tagsCode: _code, ...rest } = message;
  const { transaction: _transaction, bodyCrc: _crc, ...seen } = rest;
  const { bodyByteLength, bodyFingerprint, ...fields } = seen;
  const isCompressed = (message.sysFlag & COMPRESSED) !== 0;
  assert.deepEqual({
    topic: found.topic,
    queueId: found.queueId,
    offset: found.offset,
    position: found.position,
    byteLength: found.byteLength,
    storeTimestamp: found.storeTimestamp,
    bornTimestamp: found.bornTimestamp,
    bornHost: uncompressed(found.bornHost),
    storeHost: uncompressed(found.storeHost),
    tags: found.tags,
    keys: found.keys,
    properties: Object.fromEntries(found.properties),
    sysFlag: found.sysFlag | (message.sysFlag & COMPRESSED),
    flag: found.flag,
    reconsumeTimes: found.reconsumeTimes,
    preparedTransactionOffset: found.preparedPosition ?? 0,
  }, fields);
  if (isCompressed) {
    assert.equal(found.sysFlag & COMPRESSED, 0);
    return;
  }
  assert.equal(found.body.length, bodyByteLength);
  assert.equal(fingerprint(found.body), bodyFingerprint);
}

/** The bytes as they stand in the log; what is compressed there is read as what it was. */
function assertStored(record: Uint8Array, found: StoredMessage, message: ExpectedMessage): void {
  assert.equal(record.length, message.byteLength);
  if ((message.sysFlag & COMPRESSED) === 0) return;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const byteLength = view.getInt32(BODY_LENGTH_AT);
  const stored = record.slice(RAW_BODY_AT, RAW_BODY_AT + byteLength);
  assert.equal(fingerprint(stored), message.bodyFingerprint);
  const plain = new Uint8Array(inflateSync(stored));
  assert.deepEqual(found.body, plain);
  // Who wrote the golden stores counted up from byte to byte.
  assert.ok(plain.length >= 3000 && plain.every((byte, at) => byte === ((plain[0] + at) & 0xff)));
}

async function assertReads(store: Store, reads: readonly ExpectedRead[]): Promise<void> {
  for (const { topic, queueId, from, tag, status, positions } of reads) {
    const queue = store.queue(topic, queueId);
    const options = { from, limit: 32, ...(tag === undefined ? {} : { tags: tag }) };
    const label = `${topic}/${queueId} from ${from} tag ${tag}`;
    if (from < 0) {
      // To Java any number is an offset; here it is a wrong argument.
      await assert.rejects(async () => await queue.readBatch(options), RangeError, label);
      continue;
    }
    if (status === "OFFSET_TOO_SMALL" || status === "OFFSET_OVERFLOW_BADLY") {
      await assert.rejects(async () => await queue.readBatch(options), {
        // Less than 0 is no offset of any queue, and a wrong argument to ours.
        code: from < 0 ? "ERR_OUT_OF_RANGE" : "OFFSET_OUT_OF_RANGE",
      }, label);
      continue;
    }
    const found = (await queue.readBatch(options)).map(({ position }) => position);
    const isBatch = found.length > positions.length;
    // Java counts messages, and a batch holds several.
    assert.deepEqual(isBatch ? found.slice(0, positions.length) : found, positions, label);
  }
}

async function assertFinds(store: Store, finds: readonly ExpectedFind[]): Promise<void> {
  for (const { topic, key, positions } of finds) {
    const found = await Array.fromAsync(store.find(topic, key));
    assert.deepEqual(
      found.map(({ position }) => position),
      positions.toReversed(),
      `${topic}#${key}`,
    );
  }
}

/** An IPv6 address as Java prints it: `[2001:db8::1]:5555` as `2001:db8:0:0:0:0:0:1:5555`. */
export function uncompressed(host: string): string {
  const [, address, port] = /^\[(.*)\]:(\d+)$/.exec(host) ?? [];
  if (address === undefined) return host;
  const [head, tail] = address.split("::").map((part) => part.split(":").filter(Boolean));
  if (tail === undefined) return `${address}:${port}`;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail, port].join(":");
}

function fingerprint(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

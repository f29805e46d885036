/**
 * Reading checks plain records quickly and all others the long way. What a reader gets is the same
 * as if all went the long way, whatever is on the disk: the same messages, or the same error.
 *
 * Tests: `plain_record.ts`, `record_reader.ts`, `record_message.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  formatSegmentName,
  parseRecordCrc,
  PlainRecords,
  RECORD_CRC_BYTE_LENGTH,
  sealRecord,
  viewOf,
} from "../../../storage/layout/mod.ts";
import {
  openStore,
  type Queue,
  type Store,
  type StoredMessage,
  StoreError,
} from "../../../storage/mod.ts";
import { goldenGeometry, openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT_BYTE_LENGTH = 8192;
const QUEUE_ENTRY_COUNT = 100;
const ENTRY_BYTE_LENGTH = 20;
/** Neighbours that are read along, so that a record lies inside a run, and at its end. */
const NEIGHBOURS = 2;
/** More than any queue of these stores has. */
const EVERYTHING = 10_000;
/** Of every third message of ours. */
const TAG = "t1";
/** Records of a store whose bytes are set wrong, of all its queues. */
const RECORDS_MAX = 5;
const RECORD_BYTE_LENGTH_MAX = 600;

/** What is asked for. */
interface Part {
  readonly from: number;
  readonly limit: number;
}

/** A record to damage. */
interface Place extends Part {
  readonly queue: Queue;
  readonly position: number;
  readonly byteLength: number;
}

const FIELDS = [
  "topic",
  "queueId",
  "offset",
  "nextOffset",
  "position",
  "byteLength",
  "storeTimestamp",
  "bornTimestamp",
  "sysFlag",
  "flag",
  "tags",
  "keys",
  "properties",
  "bornHost",
  "storeHost",
  "reconsumeTimes",
  "preparedPosition",
  "body",
] as const;

/** The ways to read. */
const READS: readonly ((queue: Queue, part: Part) => unknown)[] = [
  (queue, part) => queue.readBatchSync(part).map(fieldsOf),
  (queue, part) => queue.readBatchSync({ ...part, tags: TAG }).map(fieldsOf),
  (queue, part) => {
    const lent: unknown[] = [];
    const next = queue.borrowSync(part, (record, offset) => lent.push([offset, record.slice()]));
    return [next, lent];
  },
];

function fieldsOf(message: StoredMessage): unknown[] {
  return FIELDS.map((field) => message[field]);
}

/** What a reader gets, or is told. */
function outcomes(queue: Queue, part: Part): unknown[] {
  return READS.map((read) => {
    try {
      return read(queue, part);
    } catch (error) {
      assert.ok(StoreError.is(error, "CORRUPTED"), String(error));
      const { code, message, path, position, reason } = error;
      return { code, message, path, position, reason };
    }
  });
}

/** The same, as if no record were plain. */
function outcomesByLongWay(queue: Queue, part: Part): unknown[] {
  const { has } = PlainRecords.prototype;
  PlainRecords.prototype.has = () => false;
  try {
    return outcomes(queue, part);
  } finally {
    PlainRecords.prototype.has = has;
  }
}

/** Compares both ways; true if nothing was refused. */
function compare(queue: Queue, part: Part, what: string): boolean {
  const found = outcomes(queue, part);
  assert.deepEqual(found, outcomesByLongWay(queue, part), what);
  return found.every((one) => Array.isArray(one));
}

function queuesOf(store: Store): Queue[] {
  return store.topics().flatMap(({ topic, queues }) =>
    queues.map(({ queueId }) => store.queue(topic, queueId))
  );
}

/** The first and the last record of each queue, of some. */
function placesOf(store: Store): Place[] {
  const places = queuesOf(store).flatMap((queue) => {
    const messages = queue.readBatchSync({ limit: EVERYTHING });
    return messages.filter((_, index) => index === 0 || index === messages.length - 1)
      .map(({ offset, position, byteLength }) => {
        const from = Math.max(queue.earliestOffset, offset - NEIGHBOURS);
        return { queue, position, byteLength, from, limit: offset - from + 1 };
      });
  }).filter(({ byteLength }) => byteLength <= RECORD_BYTE_LENGTH_MAX);
  const step = Math.ceil(places.length / RECORDS_MAX);
  return places.filter((_, index) => index % step === 0);
}

/** Bytes of a file that is open for reading and writing. */
class Patched {
  readonly #file: number;
  readonly #at: number;
  readonly whole: Uint8Array;

  constructor(path: string, at: number, byteLength: number) {
    this.#file = openSync(path, "r+");
    this.#at = at;
    this.whole = new Uint8Array(byteLength);
    readSync(this.#file, this.whole, 0, byteLength, at);
  }

  put(bytes: Uint8Array): void {
    writeSync(this.#file, bytes, 0, bytes.length, this.#at);
  }

  [Symbol.dispose](): void {
    this.put(this.whole);
    closeSync(this.#file);
  }
}

function recordOf(root: string, place: Place, segmentByteLength: number): Patched {
  const base = place.position - place.position % segmentByteLength;
  const path = join(root, "commitlog", formatSegmentName(base));
  return new Patched(path, place.position - base, place.byteLength);
}

/** Sets each byte wrong, and once more with a checksum that fits; counts what is refused. */
function damageEachByte(root: string, place: Place, segmentByteLength: number): number {
  const { queue, byteLength, from, limit } = place;
  using record = recordOf(root, place, segmentByteLength);
  const crcAt = byteLength - RECORD_CRC_BYTE_LENGTH;
  const hasCrc = parseRecordCrc(record.whole, crcAt) !== undefined;
  let refused = 0;
  const compareWith = (bytes: Uint8Array, at: number, what: string) => {
    record.put(bytes);
    const part = { from, limit: limit + (at % 2) * NEIGHBOURS };
    const name = `${queue.topic} ${queue.queueId} at ${place.position}: byte ${at} ${what}`;
    if (!compare(queue, part, name)) refused++;
  };
  for (let at = 0; at < byteLength; at++) {
    const bytes = record.whole.slice();
    bytes[at] ^= 1 << (at % 8);
    compareWith(bytes, at, "is wrong");
    if (!hasCrc || at >= crcAt) continue;
    sealRecord(viewOf(bytes), 0, byteLength);
    compareWith(bytes, at, "is wrong, and the checksum with it");
  }
  for (let at = 0; at < byteLength; at += 7) {
    compareWith(record.whole.slice().fill(0, at), at, "and what follows were never written");
  }
  return refused;
}

/** Compares all of a store, then damages some of it. */
async function compareStore(
  root: string,
  geometry: { readonly segmentByteLength: number },
): Promise<void> {
  const { segmentByteLength } = geometry;
  await using store = await openStore(root, { readOnly: true, guard: "none", geometry });
  for (const queue of queuesOf(store)) {
    const part = { from: queue.earliestOffset, limit: EVERYTHING };
    assert.ok(compare(queue, part, `${queue.topic} ${queue.queueId}`));
  }
  const places = placesOf(store);
  assert.ok(places.length > 0);
  for (const place of places) {
    assert.ok(damageEachByte(root, place, segmentByteLength) > place.byteLength / 4);
  }
}

/** A store of ours: three segments, and a record of each form that we write. */
async function makeStore(path: string): Promise<void> {
  const geometry = { segmentByteLength: SEGMENT_BYTE_LENGTH, queueEntryCount: QUEUE_ENTRY_COUNT };
  await using store = await openStore(path, { geometry });
  const longTopic = `%RETRY%${"g".repeat(130)}`;
  for (let index = 0; index < 24; index++) {
    await store.append({ topic: "plain", body: "x".repeat(index * 13), tags: `t${index % 3}` });
    await store.append({ topic: "plain", queueId: 1, body: "", keys: [`k${index}`] });
    await store.append({ topic: longTopic, body: `${index}` });
    await store.append({ topic: "late", body: `${index}`, delayMs: 3_600_000 });
  }
  await store.appendAll([1, 2, 3].map((n) => ({ topic: "all", body: `${n}` })), { atomic: true });
}

test("Queue.readBatchSync() and borrowSync() give and refuse of a store of ours what the long way does", async () => {
  await using directory = await temporaryDirectory();
  await makeStore(directory.path);
  await compareStore(directory.path, { segmentByteLength: SEGMENT_BYTE_LENGTH });
});

const GOLDEN = ["propcrc", "odd", "tx", "compressed", "batchcq"];

for (const name of GOLDEN) {
  test(`Queue.readBatchSync() and borrowSync() give and refuse of RocketMQ's store "${name}" what the long way does`, async () => {
    await using golden = await openGolden(`${name}-5.5.0`);
    await compareStore(golden.root, goldenGeometry(golden.manifest));
  });
}

/** The record behind which the first segment ends, or as good as. */
function lastOfSegment(queue: Queue): number {
  const messages = queue.readBatchSync();
  return messages.findLastIndex(({ position }) => position < SEGMENT_BYTE_LENGTH);
}

test("Queue.readBatchSync() and borrowSync() refuse wrong entries as the long way does", async () => {
  await using directory = await temporaryDirectory();
  await makeStore(directory.path);
  await using store = await openStore(directory.path, { readOnly: true, guard: "none" });
  const queue = store.queue("plain");
  const path = join(directory.path, "consumequeue/plain/0", formatSegmentName(0));
  for (const offset of [0, 5, lastOfSegment(queue), 23]) {
    using entry = new Patched(path, offset * ENTRY_BYTE_LENGTH, ENTRY_BYTE_LENGTH);
    for (let at = 0; at < ENTRY_BYTE_LENGTH; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = entry.whole.slice();
        bytes[at] ^= 1 << bit;
        entry.put(bytes);
        const from = Math.max(0, offset - NEIGHBOURS);
        for (const limit of [offset - from + 1, 2 * NEIGHBOURS + 1]) {
          compare(queue, { from, limit }, `entry ${offset}, bit ${bit} of byte ${at}`);
        }
      }
    }
  }
});

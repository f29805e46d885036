/**
 * Reading a queue from its first message to its last, from the page cache; every body is touched.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Store, StoredMessage } from "../../../mod.ts";
import { openWriter } from "./append_work.ts";
import { openDatabase } from "./databases.ts";
import { droppingWritable } from "./pipe_work.ts";
import { TOPIC, type Turn } from "./turn.ts";

type Touch = (body: Uint8Array) => void;

/** One way to read all there is. */
type Reading = (touch: Touch) => Promise<void> | void;

/** Fills a store, and closes it. */
export async function fillStore(turn: Turn): Promise<void> {
  await using store = await openWriter(turn);
  const batch = turn.messages(turn.batchCount);
  const total = messageCountOf(turn);
  for (let count = 0; count < total; count += batch.length) {
    await store.appendAll(batch.slice(0, total - count));
  }
}

/** Fills a database, and closes it. */
export async function fillDatabase(turn: Turn): Promise<void> {
  mkdirSync(turn.path);
  const database = await openDatabase(turn, false);
  const total = messageCountOf(turn);
  for (let count = 0; count < total; count += turn.batchCount) {
    database.append(turn.bodies, Math.min(turn.batchCount, total - count));
  }
  await database.close();
}

/** Messages that a store is filled with. */
export function messageCountOf({ how }: Turn): number {
  if (how.messageCount === undefined) throw new Error("Cannot fill a store: no count was given");
  return how.messageCount;
}

/** Reads by one of the ways, alone or with others at the same time. */
export async function read(turn: Turn): Promise<void> {
  await using store = await openWriter(turn);
  const reading = await readingOf(turn, store);
  const readers = Array.from({ length: turn.how.readerCount ?? 1 }, () => reading);
  await measureReading(turn, async (touch) => {
    await Promise.all(readers.map((one) => one(touch)));
  }, readers.length);
}

/** Reads a database. */
export async function readDatabase(turn: Turn): Promise<void> {
  const database = await openDatabase(turn, false);
  await measureReading(turn, (touch) => database.readAll(touch), 1);
  await database.close();
}

async function measureReading(turn: Turn, reading: Reading, readerCount: number): Promise<void> {
  const expected = messageCountOf(turn) * readerCount;
  await turn.measure(async (goesOn) => {
    let count = 0;
    do {
      let seen = 0;
      let sum = 0;
      await reading((body) => {
        seen++;
        sum += body[0] + body[body.length - 1];
      });
      if (seen !== expected || Number.isNaN(sum)) {
        throw new Error(`Cannot trust reading: ${seen} messages instead of ${expected}`);
      }
      count += seen;
    } while (goesOn(count));
    return count;
  });
}

async function readingOf(turn: Turn, store: Store): Promise<Reading> {
  const { source } = await turn.version();
  const node = await turn.nodeVersion();
  const readings: Readonly<Record<string, Reading>> = {
    "read": async (touch) => {
      for await (const message of store.queue(TOPIC).read()) touch(message.body);
    },
    "readBatch": (touch) => readBatches(store, turn.batchCount, touch),
    "borrow": (touch) => void store.queue(TOPIC).borrowSync({}, touch),
    "for await": async (touch) => {
      for await (const message of source(store, TOPIC)) touch(message.body);
    },
    "web": async (touch) => {
      const dropping = new WritableStream<StoredMessage>({ write: ({ body }) => touch(body) });
      await source(store, TOPIC).pipeTo(dropping);
    },
    "node": async (touch) => {
      await pipeline(node.source(store, TOPIC), touching(touch));
    },
  };
  return readings[turn.how.way ?? "read"];
}

async function readBatches(store: Store, limit: number, touch: Touch): Promise<void> {
  let from = 0;
  let batch: StoredMessage[];
  do {
    batch = await store.queue(TOPIC).readBatch({ from, limit });
    for (const message of batch) touch(message.body);
    from += batch.length;
  } while (batch.length > 0);
}

function touching(touch: Touch): Writable {
  const dropping = droppingWritable();
  dropping._write = (message: StoredMessage, _encoding, callback) => {
    touch(message.body);
    callback();
  };
  return dropping;
}

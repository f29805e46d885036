/**
 * What each runtime does in its turn. It runs on all of them, so it names none.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { crc32 as zlibCrc32 } from "node:zlib";
import { type Libc, loadLibc } from "../../../ffi/mod.ts";
import {
  type Durability,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { crc32 } from "../../../storage/layout/mod.ts";
import { Meter } from "../meter.ts";

/** The kinds of turns, in the order in which they are played. */
export const TURN_IDS = [
  "append-all",
  "append-in-flight",
  "flush-1",
  "flush-16",
  "read",
  "borrow",
  "call",
  "zlib-crc32",
  "crc32",
] as const;
/** One of them. */
export type TurnId = (typeof TURN_IDS)[number];

/** Kinds of turns in which one function is called again and again, and there is no message. */
export const FUNCTION_TURNS: readonly TurnId[] = ["call", "zlib-crc32", "crc32"];

/** One turn. */
export interface TurnRequest {
  /** What to do. */
  readonly id: TurnId;
  /** Where: a path where nothing is for those that append, a full store for those that read. */
  readonly path: string;
  /** How long, in seconds. */
  readonly seconds: number;
  /** Messages after which it ends in any case. */
  readonly messageCount: number;
  /** Whether calls of libc are counted; such a turn is too slow to be measured. */
  readonly countsCalls: boolean;
}

/** What came of it. */
export interface TurnResult {
  /** Messages, or calls of one function. */
  readonly count: number;
  /** How long that took. */
  readonly seconds: number;
  /** Processor time of the process meanwhile, all threads. */
  readonly cpuSeconds: number;
  /** Calls of libc meanwhile, where they were counted. */
  readonly callCount: number;
}

type GoesOn = (done: number) => boolean;

const TOPIC = "bench";
const BODY = crypto.getRandomValues(new Uint8Array(1024));
const BATCH = Array.from({ length: 1000 }, () => ({ topic: TOPIC, body: BODY }));
const REPEATED_AT_ONCE = 1000;

/**
 * Plays a turn.
 *
 * @param request What to do.
 * @returns What came of it.
 */
export async function playTurn(request: TurnRequest): Promise<TurnResult> {
  const meter = new Meter(request);
  const counted = request.countsCalls ? countCalls(await loadLibc()) : undefined;
  const libc = counted?.libc ?? await loadLibc();
  let callCount = 0;
  const measure: Measure = async (work) => {
    const before = counted?.count() ?? 0;
    await meter.measure(work);
    callCount = (counted?.count() ?? 0) - before;
  };

  if (FUNCTION_TURNS.includes(request.id)) {
    const work = functionOf(request.id, libc);
    await measure((goesOn) => repeat(work, goesOn));
  } else if (request.id === "read" || request.id === "borrow") {
    await playRead(request, libc, measure);
  } else await playAppend(request, libc, measure);
  const { count, seconds, cpuSeconds } = meter.sample;
  return { count, seconds, cpuSeconds, callCount };
}

function functionOf(id: TurnId, libc: Libc): () => number {
  if (id === "call") return () => libc.processId();
  if (id === "zlib-crc32") return () => zlibCrc32(BODY);
  // An environment of the system knows which way is the faster one.
  systemEnvironment(libc);
  return () => crc32(BODY);
}

/**
 * Fills a store for those that read.
 *
 * @param path Where.
 * @param messageCount How many messages, in whole batches.
 */
export async function fillStore(path: string, messageCount: number): Promise<void> {
  await using store = await openIn(await loadLibc(), path, { durability: "committed" });
  for (let count = 0; count < messageCount; count += BATCH.length) await store.appendAll(BATCH);
}

type Measure = (work: (goesOn: GoesOn) => number | Promise<number>) => Promise<void>;

async function playRead({ id, path }: TurnRequest, libc: Libc, measure: Measure): Promise<void> {
  await using store = await openIn(libc, path, { readOnly: true });
  await measure(async (goesOn) => {
    let count = 0;
    do count += id === "read" ? await read(store) : borrow(store); while (goesOn(count));
    return count;
  });
}

async function read(store: Store): Promise<number> {
  let count = 0;
  for await (const message of store.queue(TOPIC).read()) {
    if (message.body.length === BODY.length) count++;
  }
  return count;
}

function borrow(store: Store): number {
  let sum = 0;
  const count = store.queue(TOPIC).borrowSync({}, (record) => sum += record[record.length - 1]);
  if (Number.isNaN(sum)) throw new Error("Cannot trust reading: a record is empty");
  return count;
}

async function playAppend({ id, path }: TurnRequest, libc: Libc, measure: Measure): Promise<void> {
  const durability: Durability = id.startsWith("flush") ? "flushed" : "committed";
  const store = await openIn(libc, path, { durability });
  try {
    if (id === "append-all") await measure((goesOn) => appendBatches(store, goesOn));
    else if (id === "append-in-flight") await measure((goesOn) => appendWindows(store, goesOn));
    else await measure((goesOn) => appendInLanes(store, id === "flush-1" ? 1 : 16, goesOn));
  } finally {
    await store.close();
    rmSync(path, { recursive: true });
  }
}

async function appendBatches(store: Store, goesOn: GoesOn): Promise<number> {
  let count = 0;
  do count += (await store.appendAll(BATCH)).count; while (goesOn(count));
  return count;
}

async function appendWindows(store: Store, goesOn: GoesOn): Promise<number> {
  let count = 0;
  do {
    count += (await Promise.all(BATCH.map((message) => store.append(message)))).length;
  } while (goesOn(count));
  return count;
}

/** Some who each wait for their message before they send the next. */
async function appendInLanes(store: Store, laneCount: number, goesOn: GoesOn): Promise<number> {
  let count = 0;
  const lane = async (): Promise<void> => {
    do {
      await store.append(BATCH[0]);
      count++;
    } while (goesOn(count));
  };
  await Promise.all(Array.from({ length: laneCount }, lane));
  return count;
}

function repeat(work: () => number, goesOn: GoesOn): number {
  let count = 0;
  let sum = 0;
  do {
    for (let index = 0; index < REPEATED_AT_ONCE; index++) sum += work();
    count += REPEATED_AT_ONCE;
    // Calls of a function are no messages, which would end it at some count.
  } while (goesOn(1));
  if (Number.isNaN(sum)) throw new Error("Cannot trust calls: one gave no number");
  return count;
}

function openIn(libc: Libc, path: string, options: OpenStoreOptions): Promise<Store> {
  return openStoreIn(systemEnvironment(libc), path, options);
}

function countCalls(libc: Libc): { readonly libc: Libc; count(): number } {
  let count = 0;
  const counting = Object.entries(libc).map(([name, value]) => {
    if (typeof value !== "function") return [name, value];
    return [name, (...args: unknown[]) => {
      count++;
      return Reflect.apply(value, libc, args);
    }];
  });
  return { libc: Object.fromEntries(counting), count: () => count };
}

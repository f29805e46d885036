/**
 * Appending: in batches, many at a time, one by one; into one queue or round many.
 *
 * A store is not closed unless others open it next: the process ends with its turn, and what it
 * wrote is deleted. To flush it would be nobody's time, but everybody's waiting.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import type { Message, Store } from "../../../mod.ts";
import { openDatabase } from "./databases.ts";
import { type Server, startServer } from "./servers.ts";
import { TOPIC, type Turn } from "./turn.ts";

/** The store writes entries of queues twice a second: a turn has some of these rounds in it. */
const ROUNDS_OF_ENTRIES = 3;

/** Opens the turn's store to write to it. */
export async function openWriter(turn: Turn): Promise<Store> {
  const { writePath, durability = "committed" } = turn.how;
  const { openStore } = await turn.version();
  return await openStore(turn.path, { writePath, durability });
}

/** Batches; each message with a key of its own, or each in another queue, if asked for. */
export async function appendAll(turn: Turn): Promise<void> {
  const { isKeyed = false, queueCount } = turn.how;
  const { batchCount } = turn;
  if (queueCount !== undefined) await makeQueues(turn, queueCount);
  const store = await openWriter(turn);
  let number = 0;
  function batch(): Message[] {
    const start = number;
    number += batchCount;
    return turn.messages(batchCount, (index) => ({
      ...(queueCount === undefined ? {} : { queueId: (start + index) % queueCount }),
      ...(isKeyed ? { keys: `k${start + index}` } : {}),
    }));
  }
  const same = isKeyed || queueCount !== undefined ? undefined : batch();
  await turn.measure(async (goesOn) => {
    let count = 0;
    for (; goesOn(count); count += batchCount) await store.appendAll(same ?? batch());
    return count;
  }, queueCount === undefined ? 1 : ROUNDS_OF_ENTRIES);
  if (turn.how.messageCount !== undefined) await store.close();
}

/** The files of the queues are made before anybody's time is taken. */
async function makeQueues(turn: Turn, count: number): Promise<void> {
  const store = await openWriter(turn);
  await store.appendAll(turn.messages(count, (queueId) => ({ queueId })));
  await store.close();
}

/** Single appends, some at a time, all of them awaited before the next ones. */
export async function appendWindows(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  const window = turn.messages(turn.how.inFlight ?? 1);
  await measureWindows(turn, window, (message) => store.append(message));
}

/** Some who each wait for their message before they send the next. */
export async function appendInLanes(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  await measureLanes(turn, (body) => store.append({ topic: TOPIC, body }));
}

/** The same windows, to a server. */
export async function serveWindows(turn: Turn): Promise<void> {
  await using server = await openServer(turn);
  const window = Array.from({ length: turn.how.inFlight ?? 1 }, (_, index) => turn.body(index));
  await measureWindows(turn, window, (body) => server.append(body));
}

/** The same lanes, to a server. */
export async function serveLanes(turn: Turn): Promise<void> {
  await using server = await openServer(turn);
  await measureLanes(turn, (body) => server.append(body));
}

async function measureWindows<Item>(
  turn: Turn,
  window: readonly Item[],
  append: (item: Item) => Promise<unknown>,
): Promise<void> {
  await turn.measure(async (goesOn) => {
    let count = 0;
    while (goesOn(count)) count += (await Promise.all(window.map((item) => append(item)))).length;
    return count;
  });
}

async function measureLanes(
  turn: Turn,
  append: (body: Uint8Array<ArrayBuffer>) => Promise<unknown>,
): Promise<void> {
  await turn.measure(async (goesOn) => {
    let count = 0;
    async function lane(): Promise<void> {
      while (goesOn(count)) {
        await append(turn.body(count));
        count++;
      }
    }
    await Promise.all(Array.from({ length: turn.how.inFlight ?? 1 }, lane));
    return count;
  });
}

async function openServer(turn: Turn): Promise<Server> {
  const { server: name = "redis", durability = "committed" } = turn.how;
  const server = await startServer(name, turn.path, durability === "flushed");
  turn.counts(server.processId);
  return server;
}

/** A database, whose transactions have as many messages as one of our commits or flushes serves. */
export async function appendToDatabase(turn: Turn): Promise<void> {
  mkdirSync(turn.path);
  const { durability = "committed" } = turn.how;
  const database = await openDatabase(turn, durability === "flushed");
  await turn.measure((goesOn) => {
    let count = 0;
    for (; goesOn(count); count += turn.batchCount) database.append(turn.bodies, turn.batchCount);
    return count;
  });
}

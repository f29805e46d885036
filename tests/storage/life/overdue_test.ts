/**
 * What came due while none wrote: who reads right after the opening, to the end, finds it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import type { SimLife } from "../../../harness/simulation/history/sim_store.ts";
import { consume, job, type Message, type Store } from "../../../mod.ts";
import { openStoreIn } from "../../../storage/mod.ts";
import { source } from "../../../adapters/web/mod.ts";
import { open, OPTIONS, send, texts } from "./delayed_store.ts";
import { clockOf } from "./timed_store.ts";

/** As long as no store is open, the messages come due. */
async function leaveOverdue(
  kernel: SimKernel,
  bodies: readonly string[],
  make: (body: string) => Partial<Message> = (body) => ({ body, delayMs: 1000 }),
): Promise<void> {
  const life = await open(kernel);
  await send(life, ...bodies.map(make));
  await end(kernel, life);
  await kernel.scheduler.advance(5000);
}

async function end(kernel: SimKernel, { store, settle, user }: SimLife): Promise<void> {
  await settle(store.close());
  kernel.kill(user.process);
}

test("openStore() settles once what is overdue is delivered and on the disk", async () => {
  for (const kind of ["delay", "time"] as const) {
    const kernel = machine([]);
    await leaveOverdue(kernel, ["a", "b"], (body) => ({
      body,
      ...(kind === "delay" ? { delayMs: 1000 } : { deliverAt: clockOf(kernel) + 1000 }),
    }));
    const life = await open(kernel);
    assert.equal(life.store.queue("t").flushedEndOffset, 2, kind);
    assert.deepEqual(await texts(life), ["a", "b"], kind);
    assert.deepEqual(life.store.info.notes, []);
    await end(kernel, life);
  }
});

const READS: Readonly<Record<string, (store: Store) => Promise<string[]>>> = {
  "source()": async (store) => {
    const chunks = await Array.fromAsync(source(store, "t", { group: "g", follow: false }));
    return chunks.map((message) => message.text());
  },
  "consume()": async (store) => {
    const bodies: string[] = [];
    const handle = (message: { text(): string }) => bodies.push(message.text());
    await consume(store, "t", { group: "g", follow: false, handle });
    return bodies;
  },
  "job()": async (store) => {
    const { state } = await job<string[]>({
      name: "g",
      store,
      source: { store, topic: "t" },
      initialState: () => [],
      // A checkpoint of whole bodies would not fit into a segment.
      process: (message, { state }) => [...state, message.text().trim()],
      follow: false,
    });
    return state;
  },
};

for (const [name, reads] of Object.entries(READS)) {
  test(`${name} without follow reads all that was overdue when it began, however much`, async () => {
    const kernel = machine([]);
    // Each fills a segment, so that it has a round of deliveries of its own.
    const bodies = Array.from({ length: 70 }, (_, at) => `${at}`.padEnd(12_000));
    await leaveOverdue(kernel, bodies);
    const life = await open(kernel);
    assert.equal(life.store.queue("t").endOffset, 64, "An opening does not wait for all");
    assert.match(life.store.info.notes.join("\n"), /More messages are overdue than an opening/);
    const read = await life.settle(reads(life.store));
    assert.deepEqual(read.map((body) => body.trim()), bodies.map((body) => body.trim()));
  });
}

test("consume() without follow tries again what came due since the last run", async () => {
  const kernel = machine([]);
  await leaveOverdue(kernel, ["a"], (body) => ({ body }));
  const counts: number[][] = [];
  for (let run = 0; run < 4; run++) {
    const life = await open(kernel);
    const { doneCount, retriedCount, deadLetterCount } = await life.settle(
      consume(life.store, "t", {
        group: "g",
        follow: false,
        retry: { limit: 1, delayMs: () => 1000 },
        handle: () => Promise.reject(new Error("no")),
      }),
    );
    counts.push([doneCount, retriedCount, deadLetterCount]);
    await end(kernel, life);
    await kernel.scheduler.advance(5000);
  }
  assert.deepEqual(counts, [[0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]);
});

test("A readOnly store delivers nothing", async () => {
  const kernel = machine([]);
  await leaveOverdue(kernel, ["a"]);
  const reader = await open(kernel, { readOnly: true });
  assert.deepEqual(await reader.settle(READS["source()"](reader.store)), []);
  await end(kernel, reader);
});

test("openStore() opens though the disk has no room to deliver, and delivers once it is not", async () => {
  const kernel = machine([]);
  const body = "a".repeat(12_000);
  await leaveOverdue(kernel, [body]);
  const { free } = kernel.space;
  // What an opening writes has room, and no segment has.
  kernel.space.free = 3;
  const life = await open(kernel);
  assert.deepEqual(await texts(life), []);
  assert.match(life.store.info.notes.join("\n"), /Delayed messages are behind: .*full/);
  kernel.space.free = free;
  await kernel.scheduler.advance(2000);
  assert.deepEqual(await texts(life), [body]);
});

test("openStore() ends with the signal's reason while it delivers, and leaves the store closed", async () => {
  const kernel = machine([]);
  await leaveOverdue(kernel, ["a", "b", "c"], (body) => {
    return { body: body.padEnd(12_000), delayMs: 1000 };
  });
  const controller = new AbortController();
  const reason = new Error("not now");
  kernel.hook = ({ name, path }) => {
    if (name === "pwrite" && path.includes("commitlog")) controller.abort(reason);
    return undefined;
  };
  const user = boot(kernel);
  const options = { ...OPTIONS, signal: controller.signal };
  const opening = openStoreIn(simEnvironment(user.process), DIRECTORY, options);
  await assert.rejects(kernel.scheduler.settle(opening, user.process), (error) => error === reason);
  kernel.hook = () => undefined;
  const life = await open(kernel);
  assert.deepEqual((await texts(life)).map((text) => text.trim()), ["a", "b", "c"]);
});

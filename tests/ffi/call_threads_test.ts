/**
 * How calls are dealt out to threads, with threads that only say what they were told to do.
 *
 * @module
 */
import { type CallThread, CallThreads, type ThreadCall } from "../../ffi/call_threads.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

/** A thread that goes on when the test says so. */
class FakeThread implements CallThread {
  ended = false;
  call: ThreadCall | undefined;
  #settle: (result: number | undefined) => void = () => {};

  run(call: ThreadCall): Promise<number | undefined> {
    assert.equal(this.call, undefined, "A thread makes one call at a time");
    assert.ok(!this.ended);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.call = call;
    this.#settle = resolve;
    return promise;
  }

  /** Ends the call; gives what waits for it time to go on. */
  async finish(result: number | undefined): Promise<void> {
    this.call = undefined;
    this.#settle(result);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  end(): void {
    this.ended = true;
  }
}

function makeThreads(): [threads: CallThreads, started: FakeThread[]] {
  const started: FakeThread[] = [];
  const threads = new CallThreads(() => {
    const thread = new FakeThread();
    started.push(thread);
    return thread;
  });
  return [threads, started];
}

function sync(number: number): ThreadCall {
  return { name: "fsync", parameters: [number], waits: false };
}

const WAIT: ThreadCall = { name: "ppoll", parameters: [], waits: true };

test("CallThreads starts no thread before there is a call, and uses it again", async () => {
  const [threads, started] = makeThreads();
  assert.equal(started.length, 0);
  for (let round = 0; round < 3; round++) {
    const result = threads.run(sync(round));
    assert.deepEqual(started[0].call, sync(round));
    await started[0].finish(round * 10);
    assert.equal(await result, round * 10);
  }
  assert.equal(started.length, 1);
});

test("CallThreads makes four calls at once, and the others after them in their order", async () => {
  const [threads, started] = makeThreads();
  const results = Array.from({ length: 7 }, (_, number) => threads.run(sync(number)));
  assert.deepEqual(started.map(({ call }) => call?.parameters[0]), [0, 1, 2, 3]);
  await started[2].finish(22);
  assert.deepEqual(started[2].call, sync(4));
  await started[0].finish(20);
  assert.deepEqual(started[0].call, sync(5));
  for (const thread of [started[1], started[3], started[2], started[0]]) await thread.finish(1);
  await started.find(({ call }) => call !== undefined)?.finish(66);
  assert.deepEqual(await Promise.all(results), [20, 1, 22, 1, 1, 1, 66]);
  assert.equal(started.length, 4);
});

test("CallThreads gives every wait a thread, so that no wait holds up a sync", async () => {
  const [threads, started] = makeThreads();
  const waits = Array.from({ length: 9 }, () => threads.run(WAIT));
  const flushed = threads.run(sync(1));
  assert.equal(started.length, 10);
  await started[9].finish(0);
  assert.equal(await flushed, 0);
  for (const thread of started.slice(0, 9)) await thread.finish(1);
  assert.deepEqual(await Promise.all(waits), Array(9).fill(1));
});

test("CallThreads keeps a few threads for later and ends the others", async () => {
  const [threads, started] = makeThreads();
  const waits = Array.from({ length: 9 }, () => threads.run(WAIT));
  for (const thread of started) await thread.finish(1);
  await Promise.all(waits);
  assert.equal(started.filter(({ ended }) => !ended).length, 4);
  void threads.run(sync(1));
  assert.equal(started.length, 9, "One that was kept");
});

test("CallThreads gives -1 for the call whose thread died, and makes the others elsewhere", async () => {
  const [threads, started] = makeThreads();
  const results = Array.from({ length: 6 }, (_, number) => threads.run(sync(number)));
  for (const thread of started.slice(0, 4)) await thread.finish(undefined);
  assert.deepEqual(started.slice(4).map(({ call }) => call?.parameters[0]), [4, 5]);
  for (const thread of started.slice(4)) await thread.finish(0);
  assert.deepEqual(await Promise.all(results), [-1, -1, -1, -1, 0, 0]);
});

test("CallThreads rejects the call for which no thread could be started, and goes on", async () => {
  const thread = new FakeThread();
  let attempts = 0;
  const threads = new CallThreads(() => {
    if (attempts++ === 0) throw new RangeError("Cannot start thread: there are too many");
    return thread;
  });
  await assert.rejects(threads.run(sync(1)), /too many/);
  const result = threads.run(sync(2));
  await thread.finish(0);
  assert.equal(await result, 0);
});

test("CallThreads rejects the call that could not be handed over, ends its thread, and goes on", async () => {
  const threads: FakeThread[] = [];
  class RefusingThread extends FakeThread {
    override run(call: ThreadCall): Promise<number | undefined> {
      if (call.parameters[0] === 5) throw new TypeError("Cannot clone");
      return super.run(call);
    }
  }
  const calls = new CallThreads(() => {
    const thread = new RefusingThread();
    threads.push(thread);
    return thread;
  });
  const results = Array.from({ length: 7 }, (_, number) => calls.run(sync(number)));
  const refused = assert.rejects(results[5], /Cannot clone/);
  await threads[0].finish(0);
  await threads[1].finish(1);
  await refused;
  assert.ok(threads[1].ended, "It may be broken");
  assert.equal(threads.length, 5);
  for (const thread of [threads[0], threads[2], threads[3], threads[4]]) await thread.finish(9);
  assert.deepEqual(await Promise.all([...results.slice(0, 5), results[6]]), [0, 1, 9, 9, 9, 9]);
});

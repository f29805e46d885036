/**
 * What groups have sent back on the command line: listed, replayed, dropped.
 *
 * Tests: `cli/sent_back_commands.ts`, `adapters/consume/sent_messages.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consume, openStore, type Store } from "../../mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { linesOf, objectsOf, runCli } from "./cli_child.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };

/** Consumes what is there; all fails unless `isFine`. Gives `body:attempt` of what was handled. */
async function handleAll(
  store: Store,
  isFine: boolean,
  retry: { limit?: number; delayMs?: () => number } = {},
): Promise<string[]> {
  const handled: string[] = [];
  await consume(store, "t", {
    ...{ group: "g", retry, follow: false },
    handle(message, { attempt }) {
      handled.push(`${message.text()}:${attempt}`);
      if (!isFine) throw new Error(`${message.text()} fails`);
    },
  });
  return handled;
}

/** A store of which a group has sent all back. */
async function sendBack(
  path: string,
  bodies: readonly string[],
  retry: { limit?: number; delayMs?: () => number },
): Promise<void> {
  await using store = await openStore(path, SMALL);
  await store.appendAll(bodies.map((body) => ({ topic: "t", body, keys: `k${body}` })));
  await handleAll(store, false, retry);
}

async function run(path: string, ...args: string[]) {
  const { code, out, err } = await runCli([...args, "-d", path]);
  assert.equal(code, 0, err);
  return out;
}

test("streambed dlq lists dead letters, replays and drops them", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a", "b", "c"], { limit: 0 });
  const listed = linesOf(await run(dir.path, "dlq"));
  assert.match(listed[0], /^GROUP +POSITION +TOPIC +TRIES +DUE +KEY +CAUSE$/);
  assert.match(listed[1], /^g +\d+ +t +1 +- +ka +Error: a fails$/);
  assert.equal(listed.length, 4);
  const dead = objectsOf(await run(dir.path, "dlq", "g", "--json"));
  assert.deepEqual(dead.map(({ body, isDead, cause }) => [body, isDead, cause]), [
    ["a", true, "Error: a fails"],
    ["b", true, "Error: b fails"],
    ["c", true, "Error: c fails"],
  ]);
  const [a, b] = dead.map(({ position }) => `${position}`);
  const replay = ["dlq", "g", "--replay", "--position", a, b, "-d", dir.path];
  const { code, out, err } = await runCli(replay);
  assert.deepEqual([code, out, err], [0, "2 dead letters replayed\n", ""], "nothing was due");
  assert.equal(await run(dir.path, "dlq", "g", "--drop", "--all"), "1 dead letter dropped\n");
  assert.equal(await run(dir.path, "dlq"), "");
  assert.equal(linesOf(await run(dir.path, "retry", "g")).length, 3);
  await using store = await openStore(dir.path, SMALL);
  assert.deepEqual(await handleAll(store, true), ["a:1", "b:1"]);
});

test("streambed dlq lists what has died again after it was replayed", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a"], { limit: 0 });
  await run(dir.path, "dlq", "g", "--replay", "--all");
  {
    await using store = await openStore(dir.path, SMALL);
    assert.deepEqual(await handleAll(store, false, { limit: 0 }), ["a:1"]);
  }
  assert.equal(objectsOf(await run(dir.path, "dlq", "--json")).length, 1);
});

test("streambed retry lists what waits, replays and drops it", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a", "b", "c"], { delayMs: () => 3_600_000 });
  const waiting = objectsOf(await run(dir.path, "retry", "--json"));
  const times = waiting.map(({ body, reconsumeTimes }) => [body, reconsumeTimes]);
  assert.deepEqual(times, [["a", 1], ["b", 1], ["c", 1]]);
  for (const { dueTimestamp } of waiting) assert.ok(Number(dueTimestamp) > 0);
  const [a, b] = waiting.map(({ position }) => `${position}`);
  await run(dir.path, "retry", "g", "--replay", "--position", a);
  await run(dir.path, "retry", "g", "--drop", "--position", b);
  const left = objectsOf(await run(dir.path, "retry", "--json"));
  assert.deepEqual(left.map(({ body, dueTimestamp }) => [body, dueTimestamp !== null]), [
    ["a", false],
    ["c", true],
  ]);
  await using store = await openStore(dir.path, SMALL);
  assert.deepEqual(await handleAll(store, true), ["a:2"]);
});

test("streambed retry settles what is delivered all the same when it is due", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a", "b", "c"], { delayMs: () => 1000 });
  const waiting = objectsOf(await run(dir.path, "retry", "--json"));
  const [a, b] = waiting.map(({ position }) => `${position}`);
  await run(dir.path, "retry", "g", "--replay", "--position", a);
  await run(dir.path, "retry", "g", "--drop", "--position", b);
  await using store = await openStore(dir.path, SMALL);
  // All three that waited are delivered beside the one that was replayed.
  for (let count = 0; count < 4; await new Promise((resolve) => setTimeout(resolve, 20))) {
    count = store.queue("%RETRY%g").flushedEndOffset;
  }
  // Which of them is the first depends on how long it all took.
  assert.deepEqual((await handleAll(store, true)).sort(), ["a:2", "c:2"]);
});

test("streambed retry drops what is there already", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a"], {});
  await using temporary = await temporaryDirectory();
  {
    await using store = await openStore(temporary.path, SMALL);
    await store.append({ topic: "t", body: "x" });
    await store.append({ topic: "%RETRY%g", body: "y" });
  }
  const [ready] = objectsOf(await run(temporary.path, "retry", "--json"));
  assert.deepEqual([ready.body, ready.dueTimestamp], ["y", null]);
  await run(temporary.path, "retry", "g", "--drop", "--all");
  await using store = await openStore(temporary.path, SMALL);
  assert.deepEqual(await handleAll(store, true), ["x:1"]);
});

test("streambed dlq and retry refuse what they cannot settle", async () => {
  await using dir = await temporaryDirectory();
  await sendBack(dir.path, ["a"], { limit: 0 });
  for (
    const args of [
      ["--replay"],
      ["g", "--replay"],
      ["g", "--replay", "--drop", "--all"],
      [
        "g",
        "--all",
      ],
      ["g", "--drop", "--all", "--position", "1"],
      ["g", "--drop", "--position", "-1"],
    ]
  ) {
    const { code, err } = await runCli(["dlq", ...args, "-d", dir.path]);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /^streambed: Cannot/);
  }
  const missing = await runCli(["dlq", "g", "--drop", "--position", "1", "-d", dir.path]);
  assert.deepEqual([missing.code, missing.err], [
    1,
    'streambed: Cannot settle position 1: group "g" has no dead letter there; streambed dlq g lists those it ' +
    "has\n",
  ]);
});

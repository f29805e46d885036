/**
 * A clock that was wrong once: retention by age goes on, a search by time finds what it can, and it
 * is told.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { describeAhead, isAhead, searchTime } from "../../../storage/layout/mod.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { linesOf, runCli } from "../../cli/cli_child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";

const real = systemEnvironment(await loadLibc());
const NOW = real.clock.now();
const DAY_MS = 86_400_000;
const FUTURE = Date.UTC(2060, 0, 1);
const SEGMENT = 64 * 1024;
const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SEGMENT,
    queueEntryCount: 50,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
  tuning: { flushIntervalMs: 1 },
};

/** A clock that a test sets. */
function settable(start: number): { now: number; readonly environment: typeof real } {
  const clock = { now: start, environment: real };
  const environment = { ...real, clock: { ...real.clock, now: () => clock.now } };
  return Object.assign(clock, { environment });
}

/** A store of several segments, all of whose messages say a time to come. */
async function makeAhead(root: string, options: { readonly at?: number } = {}): Promise<string[]> {
  const { environment } = settable(options.at ?? FUTURE);
  await using store = await openStoreIn(environment, root, SMALL);
  await store.appendAll(
    Array.from({ length: 100 }, () => ({ topic: "T", body: "x".repeat(4000) })),
  );
  return readdirSync(join(root, "commitlog")).sort();
}

function setTime(root: string, name: string, timeMs: number): void {
  utimesSync(join(root, "commitlog", name), timeMs / 1000, timeMs / 1000);
}

/**
 * Opens with retention of one day, and waits for rounds after which all is deleted that would be.
 */
async function earliestAfterRounds(root: string, now: number): Promise<number> {
  const { environment } = settable(now);
  const retention = { maxAgeMs: DAY_MS };
  await using store = await openStoreIn(environment, root, { ...SMALL, retention });
  for (let round = 0; round < 3; round++) {
    await store.append({ topic: "round", body: "" });
    await store.flush();
    await until(() => store.info.markPosition >= store.info.committedPosition);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return store.info.earliestPosition;
}

test("retention goes by a segment's file where its messages say a time to come", async () => {
  await using directory = await temporaryDirectory();
  const names = await makeAhead(directory.path);
  assert.ok(names.length > 5);
  for (const name of names) setTime(directory.path, name, NOW - DAY_MS / 2);
  assert.equal(await earliestAfterRounds(directory.path, NOW), 0, "Nothing is old enough");
  for (const name of names.slice(0, 3)) setTime(directory.path, name, NOW - 2 * DAY_MS);
  assert.equal(await earliestAfterRounds(directory.path, NOW), 3 * SEGMENT);
});

test("retention goes by the next segment where the file was written by the wrong clock as well", async () => {
  await using directory = await temporaryDirectory();
  const names = await makeAhead(directory.path);
  for (const name of names.slice(0, 2)) setTime(directory.path, name, FUTURE);
  setTime(directory.path, names[2], NOW - 2 * DAY_MS);
  for (const name of names.slice(3)) setTime(directory.path, name, NOW - DAY_MS / 2);
  assert.equal(await earliestAfterRounds(directory.path, NOW), 3 * SEGMENT);
});

test("retention goes by the messages where the clock was right, whatever the files say", async () => {
  await using directory = await temporaryDirectory();
  const names = await makeAhead(directory.path, { at: NOW - DAY_MS / 2 });
  for (const name of names) setTime(directory.path, name, NOW - 9 * DAY_MS);
  assert.equal(await earliestAfterRounds(directory.path, NOW), 0);
});

test("A store whose clock was wrong says so: while it is open, when it is opened, verified, judged", async () => {
  await using directory = await temporaryDirectory();
  const clock = settable(NOW - DAY_MS);
  const isTold = ({ info: { notes } }: Store) =>
    notes.filter((note) => note.includes("ahead of this machine's clock")).length;
  {
    await using store = await openStoreIn(clock.environment, directory.path, SMALL);
    await round(store);
    clock.now = FUTURE;
    await round(store);
    assert.equal(isTold(store), 0, "Nobody can know yet");
    clock.now = NOW;
    await until(() => isTold(store) === 1, () => round(store));
    clock.now = NOW + 3 * DAY_MS;
    await round(store);
    assert.equal(isTold(store), 1, "Once");
  }
  for (const readOnly of [false, true]) {
    await using store = await openStoreIn(real, directory.path, { readOnly });
    assert.equal(isTold(store), 1);
  }
  const { verdict, findings } = await verifyStore(real, directory.path);
  assert.equal(verdict, "sound");
  assert.deepEqual(findings.map(({ severity, area }) => [severity, area]), [["note", "log"]]);
  assert.match(
    findings[0].text,
    /^The newest message was stored \d+ days ahead of this machine's clock, at 2840140800000 ms/,
  );
  const { out } = await runCli(["doctor", "-d", directory.path]);
  assert.ok(
    linesOf(out).some((line) => /^fair {2}store: The newest message was stored/.test(line)),
  );
  const later = settable(FUTURE + DAY_MS);
  await using store = await openStoreIn(later.environment, directory.path, SMALL);
  assert.equal(isTold(store), 0, "The clock has passed it");
});

/** Ten messages a minute apart, five by a clock that is wrong, ten by one that is right again. */
const BEFORE = NOW - 100 * 60_000;
const AFTER = NOW - 50 * 60_000;

async function makeRun(store: Store, clock: { now: number }): Promise<void> {
  for (let index = 0; index < 25; index++) {
    clock.now = index < 10
      ? BEFORE + index * 60_000
      : index < 15
      ? FUTURE + index
      : AFTER + (index - 15) * 60_000;
    await store.append({ topic: "T", body: `${index}`, keys: "k" });
  }
  clock.now = NOW;
}

test("Queue.offsetAt() finds what was stored since the clock is right again", async () => {
  await using directory = await temporaryDirectory();
  const clock = settable(BEFORE);
  await using store = await openStoreIn(clock.environment, directory.path, SMALL);
  await makeRun(store, clock);
  const queue = store.queue("T");
  const expected: readonly (readonly [time: number, offset: number])[] = [
    [0, 0],
    [BEFORE, 0],
    [BEFORE + 5 * 60_000, 5],
    [BEFORE + 5 * 60_000 + 1, 6],
    [BEFORE + 9 * 60_000 + 1, 10],
    [AFTER - 1, 10],
    [AFTER, 10],
    [AFTER + 1, 16],
    [AFTER + 4 * 60_000, 19],
    [AFTER + 9 * 60_000, 24],
    [AFTER + 9 * 60_000 + 1, 25],
    [NOW, 25],
    [FUTURE + 12, 12],
    [FUTURE + 14, 14],
    [FUTURE + 15, 25],
  ];
  for (const [time, offset] of expected) {
    assert.equal(await queue.offsetAt(time), offset, `${time}`);
  }
});

test("Queue.offsetAt() gives the first message of a run that only a wrong clock saw", async () => {
  await using directory = await temporaryDirectory();
  const clock = settable(FUTURE);
  await using store = await openStoreIn(clock.environment, directory.path, SMALL);
  for (let index = 0; index < 5; index++) await store.append({ topic: "T", body: "" });
  clock.now = NOW;
  assert.equal(await store.queue("T").offsetAt(NOW - 1), 0);
});

test("Store.find() finds by time what was stored since the clock is right again", async () => {
  for (const isReader of [false, true]) {
    await using directory = await temporaryDirectory();
    const clock = settable(BEFORE);
    await using writer = await openStoreIn(clock.environment, directory.path, SMALL);
    await makeRun(writer, clock);
    await using store = isReader
      ? await openStoreIn(clock.environment, directory.path, { readOnly: true })
      : await openStoreIn(clock.environment, join(directory.path, "none"), SMALL);
    const find = async (from: number, to: number) =>
      (await Array.fromAsync(
        (isReader ? store : writer).find("T", "k", { since: from, until: to }),
      ))
        .map(({ offset }) => offset);
    assert.deepEqual(await find(AFTER + 60_000, AFTER + 3 * 60_000), [17, 16]);
    assert.deepEqual(await find(BEFORE, BEFORE + 2 * 60_000), [1, 0]);
    assert.deepEqual(await find(AFTER + 8 * 60_000, FUTURE * 2), [24, 23, 14, 13, 12, 11, 10]);
    assert.deepEqual(await find(FUTURE + 11, FUTURE + 13), [12, 11]);
  }
});

test("isAhead() leaves clocks five minutes, and describeAhead() says how far it is", () => {
  assert.equal(isAhead(1_000_000 + 300_000, 1_000_000), false);
  assert.equal(isAhead(1_000_000 + 300_001, 1_000_000), true);
  assert.equal(describeAhead(1_300_000, 1_000_000), undefined);
  assert.match(
    describeAhead(1_360_000, 1_000_000)!,
    /stored 6 minutes ahead of this machine's clock, at 1360000 ms/,
  );
  assert.match(describeAhead(3 * DAY_MS, 0)!, /stored 3 days ahead/);
  assert.match(
    describeAhead(Number.MAX_SAFE_INTEGER, 0)!,
    /at 9007199254740991 ms/,
  );
});

test("searchTime() believes bornTimestamp only where storeTimestamp cannot be", () => {
  const now = 1_000_000_000;
  const times = (storeTimestamp: number, bornTimestamp: number) => ({
    storeTimestamp,
    bornTimestamp,
  });
  assert.equal(searchTime(times(now - 5, now - 9), now), now - 5);
  assert.equal(searchTime(times(now + DAY_MS, now - 9), now), now - 9);
  assert.equal(searchTime(times(now + DAY_MS, now + DAY_MS - 1), now), now + DAY_MS);
});

async function round(store: Store): Promise<void> {
  await store.append({ topic: "T", body: "" });
  await store.flush();
  await until(() => store.info.markPosition >= store.info.committedPosition);
}

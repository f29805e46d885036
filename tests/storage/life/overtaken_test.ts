/**
 * A reader that the writer's deletions overtake: it is told so, and goes on where the log starts
 * now.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Descriptor, type Libc, loadLibc, type Outcome } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";

const SEGMENT = 64 * 1024;
const SMALL = {
  durability: "flushed",
  geometry: { segmentByteLength: SEGMENT, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 2 },
} as const;
const RETENTION = { maxByteLength: 4 * SEGMENT };

async function fill(store: Store, count: number): Promise<void> {
  const first = store.queue("T").endOffset;
  for (let index = 0; index < count; index++) {
    const offset = first + index;
    const body = `${offset} `.padEnd(10_000, "x");
    await store.append({ topic: "T", body, keys: `k${offset}` });
  }
}

/** A store of so many messages, closed. */
async function closedStore(
  path: string,
  count: number,
  options: OpenStoreOptions = {},
): Promise<void> {
  await using writer = await openStore(path, mergeOptions(SMALL, options));
  await fill(writer, count);
}

/** What a reader reads of `streambed/positions` while it is not to learn anything new. */
class FrozenPositions {
  readonly libc: Libc;
  #isFrozen = false;
  #seen: Uint8Array | undefined;
  #stale: Uint8Array | undefined;
  readonly #files = new Set<Descriptor>();

  constructor(libc: Libc) {
    this.libc = overrideLibc(libc, {
      openat2: (directory, path, how) => {
        const descriptor = libc.openat2(directory, path, how);
        if (path === "streambed/positions" && typeof descriptor === "number") {
          this.#files.add(descriptor);
        }
        return descriptor;
      },
      pread: (descriptor, target, position) => this.#read(libc, descriptor, target, position),
    });
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** The next look, and all after it, are real. */
  thaw(): void {
    this.#isFrozen = false;
  }

  /** The next look sees what the file said at some moment, all after it are real. */
  thawAfter(stale: Uint8Array): void {
    this.#isFrozen = false;
    this.#stale = stale;
  }

  #read(libc: Libc, descriptor: Descriptor, target: Uint8Array, position: number): Outcome {
    if (!this.#files.has(descriptor)) return libc.pread(descriptor, target, position);
    if (this.#stale !== undefined) {
      target.set(this.#stale.subarray(position, position + target.length));
      this.#stale = undefined;
      return target.length;
    }
    if (this.#isFrozen && this.#seen !== undefined) {
      target.set(this.#seen.subarray(0, target.length));
      return target.length;
    }
    const count = libc.pread(descriptor, target, position);
    this.#seen = target.slice();
    return count;
  }
}

async function assertTail(reader: Store, latest: number): Promise<void> {
  const { earliestOffset } = reader.queue("T");
  assert.ok(earliestOffset > 0 && earliestOffset < latest);
  let offset = earliestOffset;
  for await (const message of reader.queue("T").read()) {
    assert.equal(message.offset, offset);
    assert.equal(message.text().split(" ", 1)[0], `${offset++}`);
  }
  assert.equal(offset, latest);
  const found = await Array.fromAsync(reader.find("T", `k${latest - 1}`));
  assert.deepEqual(found.map((message) => message.offset), [latest - 1]);
}

test("A readOnly store goes on after all that it had not come to yet was deleted", async () => {
  await using directory = await temporaryDirectory();
  await using writer = await openStore(directory.path, { ...SMALL, retention: RETENTION });
  await fill(writer, 5);
  const positions = new FrozenPositions(await loadLibc());
  const environment = systemEnvironment(positions.libc);
  await using reader = await openStoreIn(environment, directory.path, { readOnly: true });
  await until(() => reader.queue("T").endOffset === 5);
  positions.freeze();
  await fill(writer, 100);
  await until(() => writer.info.earliestPosition > 8 * SEGMENT);
  positions.thaw();
  await fill(writer, 1);
  await until(() => reader.queue("T").endOffset === 106);
  await assertTail(reader, 106);
  await assert.rejects(reader.queue("T").readBatch({ from: 5 }), { code: "OFFSET_OUT_OF_RANGE" });
  await fill(writer, 1);
  await until(() => reader.queue("T").endOffset === 107);
});

test("A readOnly store goes on when a segment is deleted before it could read it", async () => {
  await using directory = await temporaryDirectory();
  await using writer = await openStore(directory.path, { ...SMALL, retention: RETENTION });
  await fill(writer, 5);
  const positions = new FrozenPositions(await loadLibc());
  const environment = systemEnvironment(positions.libc);
  await using reader = await openStoreIn(environment, directory.path, { readOnly: true });
  await until(() => reader.queue("T").endOffset === 5);
  positions.freeze();
  await fill(writer, 15);
  const stale = readFileSync(join(directory.path, "streambed/positions"));
  await fill(writer, 100);
  await until(() => writer.info.earliestPosition > 8 * SEGMENT);
  positions.thawAfter(stale);
  await fill(writer, 1);
  await until(() => reader.queue("T").endOffset === 121);
  await assertTail(reader, 121);
});

test("Queue.read() of a readOnly store says that it is out of range when the segment went a moment ago", async () => {
  await using directory = await temporaryDirectory();
  await closedStore(directory.path, 30);
  await using reader = await openStore(directory.path, { readOnly: true });
  assert.equal(reader.queue("T").earliestOffset, 0);
  rmSync(join(directory.path, "commitlog", "0".repeat(20)));
  await assert.rejects(reader.queue("T").readBatch({ from: 0 }), { code: "OFFSET_OUT_OF_RANGE" });
  await assertTail(reader, 30);
});

/** Asks for the first message, and gives its offset, or how it was said that it is no more. */
type Question = (reader: Store) => number | string | Promise<number | string>;

/**
 * What a reader can be asked for, of a message that the writer deleted a moment ago, and what it
 * says.
 */
const QUESTIONS: Readonly<Record<string, readonly [Question, number | string]>> = {
  "Store.find() finds nothing": [
    async (reader) => (await Array.fromAsync(reader.find("T", "k0")))[0]?.offset ?? "nothing",
    "nothing",
  ],
  "Store.get() gives nothing": [
    async (reader) => (await reader.get(0))?.offset ?? "nothing",
    "nothing",
  ],
  "Queue.borrowSync() says that it is out of range": [
    (reader) => codeOr(() => borrowFirst(reader)),
    "OFFSET_OUT_OF_RANGE",
  ],
  "Queue.offsetAt() goes by what is left": [
    async (reader) => {
      const queue = reader.queue("T");
      const found = queue.offsetAt(0);
      // Of the same moment: the reader learns of the deletion in a turn of its own.
      const { earliestOffset } = queue;
      return await found === earliestOffset ? "left" : "deleted";
    },
    "left",
  ],
};

function codeOr(ask: () => number): number | string {
  try {
    return ask();
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
}

function borrowFirst(reader: Store): number {
  const lent: number[] = [];
  reader.queue("T").borrowSync({ from: 0, limit: 1 }, (_, offset) => lent.push(offset));
  return lent[0];
}

for (const [answer, [ask, gone]] of Object.entries(QUESTIONS)) {
  test(`${answer} in a readOnly store when the segment went a moment ago`, async () => {
    await using directory = await temporaryDirectory();
    await closedStore(directory.path, 30);
    await using reader = await openStore(directory.path, { readOnly: true });
    assert.equal(reader.queue("T").earliestOffset, 0);
    rmSync(join(directory.path, "commitlog", "0".repeat(20)));
    assert.equal(await ask(reader), gone);
    await assertTail(reader, 30);
  });

  test(`${answer} in a readOnly store between a live writer's deletion and its word about it`, async () => {
    await using directory = await temporaryDirectory();
    let reader: Store | undefined = undefined;
    let asked: Promise<number | string> | undefined;
    const libc = await loadLibc();
    const telling = overrideLibc(libc, {
      unlinkat: (folder, path) => {
        const removed = libc.unlinkat(folder, path);
        if (/^[0-9]{20}$/.test(path) && reader !== undefined) {
          const moment = reader;
          asked ??= (async () => await ask(moment))();
          asked.catch(() => {});
        }
        return removed;
      },
    });
    await using writer = await openStoreIn(systemEnvironment(telling), directory.path, {
      ...SMALL,
      retention: RETENTION,
    });
    await fill(writer, 20);
    await using opened = await openStore(directory.path, { readOnly: true });
    assert.equal(opened.queue("T").earliestOffset, 0);
    reader = opened;
    await fill(writer, 40);
    await until(() => writer.info.earliestPosition > 0);
    assert.ok(asked !== undefined);
    // A reader that has the file open still may read it, and rightly.
    assert.ok([0, gone].includes(await asked), `${await asked}`);
    // The reader learns of the end and of the start one after the other.
    const { earliestPosition } = writer.info;
    await until(() => opened.info.earliestPosition >= earliestPosition);
    await until(() => opened.queue("T").endOffset === 60);
    await assertTail(opened, 60);
  });
}

test("Queue.borrowSync() of a readOnly store names the message that went while others were lent", async () => {
  await using directory = await temporaryDirectory();
  await closedStore(directory.path, 30);
  await using reader = await openStore(directory.path, { readOnly: true });
  const lent: number[] = [];
  assert.throws(
    () =>
      reader.queue("T").borrowSync({}, (_, offset) => {
        lent.push(offset);
        if (offset > 0) return;
        rmSync(join(directory.path, "commitlog", "0".repeat(20)));
        rmSync(join(directory.path, "commitlog", `${SEGMENT}`.padStart(20, "0")));
      }),
    { code: "OFFSET_OUT_OF_RANGE", offset: 6 },
  );
  assert.deepEqual(lent, [0, 1, 2, 3, 4, 5]);
  await assertTail(reader, 30);
});

test("Queue.read() and borrow() of a readOnly store do not take for the end what went with its queue file", async () => {
  await using directory = await temporaryDirectory();
  await closedStore(directory.path, 60, { geometry: { queueEntryCount: 10 } });
  const asks: ((reader: Store) => unknown)[] = [
    (reader) => reader.queue("T").readBatch({ from: 10 }),
    (reader) => reader.queue("T").borrowSync({ from: 10 }, () => assert.fail("lent")),
  ];
  await using first = await openStore(directory.path, { readOnly: true });
  await using second = await openStore(directory.path, { readOnly: true });
  for (const base of [0, SEGMENT, 2 * SEGMENT, 3 * SEGMENT]) {
    rmSync(join(directory.path, "commitlog", `${base}`.padStart(20, "0")));
  }
  for (const base of [0, 200]) {
    rmSync(join(directory.path, "consumequeue/T/0", `${base}`.padStart(20, "0")));
  }
  for (const [at, reader] of [first, second].entries()) {
    assert.equal(reader.queue("T").earliestOffset, 0);
    const asked = (async () => await asks[at](reader))();
    await assert.rejects(asked, {
      code: "OFFSET_OUT_OF_RANGE",
      reason: "before-earliest",
      offset: 10,
      message: / offset 10 is not in 24 to /,
    });
    await assertTail(reader, 60);
  }
});

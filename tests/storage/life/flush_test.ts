/**
 * `Store.flush()` makes everything durable that was there when it was called, on both write paths.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import {
  type Environment,
  innerPortOf,
  openStoreIn,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const LAZY = {
  durability: "committed",
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
} as const;
const BODY = new Uint8Array(10_000);
const OFFSETS = "config/consumerOffset.json";

const libc = await loadLibc();

/** Holds up the making of segments, looks at and refuses the replacing of the groups' file. */
class Machine {
  #held: PromiseWithResolvers<void> | undefined;
  onReplaced: (() => void) | undefined;
  refuseOffsets = false;

  readonly environment: Environment;

  /** Without time nothing is committed, flushed or written unless somebody asks for it. */
  constructor(hasTime = false) {
    const { timers, ...world } = systemEnvironment(this.#libc());
    const never = () => ({ cancel: () => {} });
    const still = { ...timers, after: never, background: never };
    this.environment = { ...world, timers: hasTime ? timers : still };
  }

  hold(): void {
    this.#held = Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  #libc(): Libc {
    return overrideLibc(libc, {
      fsyncAsync: async (descriptor) => {
        await this.#held?.promise;
        return await libc.fsyncAsync(descriptor);
      },
      renameat: (fromFolder, from, toFolder, to) => {
        if (OFFSETS.endsWith(to.slice(to.lastIndexOf("/") + 1))) {
          if (this.refuseOffsets) return new Errno("ENOSPC", 28, "renameat2");
          this.onReplaced?.();
        }
        return libc.renameat(fromFolder, from, toFolder, to);
      },
    });
  }
}

function offsetOf(path: string, group: string): string | undefined {
  const file = join(path, OFFSETS);
  if (!existsSync(file)) return undefined;
  return new RegExp(`"t@${group}":\\{\\s*0:(\\d+)`).exec(readFileSync(file, "utf8"))?.[1];
}

async function isEverythingFlushed(store: Store, count: number): Promise<void> {
  const { committedPosition, flushedPosition } = store.info;
  assert.equal(flushedPosition, committedPosition);
  assert.equal(store.queue("t").flushedEndOffset, count);
  const texts = await Array.fromAsync(store.queue("t").read({ visibility: "flushed" }));
  assert.equal(texts.length, count);
}

for (const writePath of ["staged", "mapped"] as const) {
  const options = { ...LAZY, writePath };

  test(`Store.flush() makes durable what was accepted, and nobody has committed (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await innerPortOf(store).accept({ topic: "t", body: "one" });
    const { endPosition } = await innerPortOf(store).accept({ topic: "t", body: "two" });
    await store.flush();
    assert.equal(store.info.flushedPosition, endPosition);
    await isEverythingFlushed(store, 2);
  });

  test(`Store.flush() makes durable what was appended in the same turn (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await store.append({ topic: "t", body: "one" });
    let appended = 0;
    void store.append({ topic: "t", body: "two" }).then(() => appended++);
    void store.appendAll([{ topic: "t", body: "three" }], { atomic: true }).then(() => appended++);
    await store.flush();
    assert.equal(appended, 2, "Their promises settled too");
    await isEverythingFlushed(store, 3);
  });

  test(`Store.flush() makes durable what waits for the next segment (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await store.append({ topic: "t", body: BODY });
    machine.hold();
    // Five more fit. One batch lies across the border, the others wait behind it.
    const waiting = [
      store.appendAll(Array.from({ length: 8 }, () => ({ topic: "t", body: BODY }))),
      store.append({ topic: "t", body: BODY }),
      innerPortOf(store).accept({ topic: "t", body: BODY }),
      store.appendAll([{ topic: "t", body: BODY }, { topic: "t", body: BODY }], { atomic: true }),
    ];
    let isFlushed = false;
    const flushed = store.flush().then(() => isFlushed = true);
    for (let turn = 0; turn < 20; turn++) await innerPortOf(store).timers.pause();
    assert.ok(!isFlushed, "It waits for them");
    machine.release();
    await flushed;
    await isEverythingFlushed(store, 13);
    await Promise.all(waiting);
    assert.equal(store.queue("t").endOffset, 13);
  });

  test(`Store.flush() writes the progress of groups, also what comes meanwhile (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await store.append({ topic: "t", body: "one" });
    const lease = innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 });
    lease.done(1);
    await store.flush();
    assert.equal(offsetOf(directory.path, "g"), "1");
    lease.done(2);
    await store.flush();
    assert.equal(offsetOf(directory.path, "g"), "2", "Not only what is new");
    lease.done(3);
    let second: Promise<void> | undefined;
    machine.onReplaced = () => {
      machine.onReplaced = undefined;
      lease.done(4);
      // Called while the file is being written, from what was there before.
      second = store.flush();
    };
    await store.flush();
    await second;
    assert.equal(offsetOf(directory.path, "g"), "4");
  });

  test(`Store.flush() waits for progress that is just being written, and writes it once (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await store.append({ topic: "t", body: "one" });
    await store.flush();
    let replaced = 0;
    machine.onReplaced = () => replaced++;
    machine.hold();
    innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(1);
    const first = store.flush();
    for (let turn = 0; turn < 20; turn++) await innerPortOf(store).timers.pause();
    let isFlushed = false;
    const second = store.flush().then(() => isFlushed = true);
    for (let turn = 0; turn < 20; turn++) await innerPortOf(store).timers.pause();
    assert.ok(!isFlushed, "It is not durable yet");
    machine.release();
    await Promise.all([first, second]);
    const once = replaced;
    await store.flush();
    assert.equal(replaced, once);
    assert.ok(once === 1 || once === 2, "With its backup, where there was one");
  });

  test(`Store.flush() writes the topics that a broker must know (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const machine = new Machine();
    await using store = await openStoreIn(machine.environment, directory.path, options);
    await store.append({ topic: "t", queueId: 3, body: "one" });
    await store.flush();
    const topics = JSON.parse(readFileSync(join(directory.path, "config/topics.json"), "utf8"));
    assert.equal(topics.topicConfigTable.t.readQueueNums, 4);
  });
}

test("Store.flush() tells when the progress of groups cannot be written, and it is tried again by time", async () => {
  await using directory = await temporaryDirectory();
  const machine = new Machine(true);
  const options = { ...LAZY, tuning: { groupIntervalMs: 1 } };
  await using store = await openStoreIn(machine.environment, directory.path, options);
  machine.refuseOffsets = true;
  innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(7);
  await assert.rejects(store.flush(), { code: "DISK_FULL" });
  machine.refuseOffsets = false;
  const { promise: written, resolve } = Promise.withResolvers<void>();
  machine.onReplaced = resolve;
  await written;
});

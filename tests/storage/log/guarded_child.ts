/**
 * A process with a store under the SIGBUS guard, whose segments lose pages. The first argument says
 * how, the second is an empty directory; what it prints is what the test looks at.
 *
 * @module
 */
import { existsSync, readdirSync, statSync, truncateSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { check, loadLibc } from "../../../ffi/mod.ts";
import { SigbusGuard } from "../../../ffi/sigbus_guard.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type ReadOptions,
  type Store,
  StoreError,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc, withoutLeases } from "../../../harness/support/libc_overrides.ts";

/** What a process may be told to do. */
export type GuardedScene =
  | "sealed"
  | "run"
  | "lease"
  | "borrow"
  | "writer"
  | "unlooked"
  | "two"
  | "index";

type Play = (path: string) => Promise<void>;

const SEGMENT_BYTE_LENGTH = 64 * 1024;
/** Two segments full, and the third in part. */
const MESSAGE_COUNT = 40;
const KEPT_BYTE_LENGTH = 8192;
const TOPIC = "T";
const FIRST = "commitlog/00000000000000000000";
const LAST = "commitlog/00000000000000131072";

/** Where no lease stands beside the guard. */
const NO_LEASES = systemEnvironment(withoutLeases(await loadLibc()));
const GUARDED: OpenStoreOptions = {
  geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  guard: "sigbus",
};

const SCENES: Readonly<Record<GuardedScene, Play>> = {
  async sealed(path) {
    await fill(path);
    await using store = await openStoreIn(NO_LEASES, path, { ...GUARDED, readOnly: true });
    say({ count: await countOf(store), guard: store.info.guard });
    truncateSync(join(path, FIRST), KEPT_BYTE_LENGTH);
    say({ count: await countOf(store), notes: notesOf(store), guard: store.info.guard });
    const behind = await Array.fromAsync(store.queue(TOPIC).read({ from: 20 }));
    say({ behind: behind.every((message) => message.text() === textOf(message.offset)) });
    truncateSync(join(path, FIRST), SEGMENT_BYTE_LENGTH);
    say({ count: await countOf(store) });
  },

  /** The same where all that is read lies side by side, and is copied at once. */
  async run(path) {
    await fill(path);
    await using store = await openStoreIn(NO_LEASES, path, { ...GUARDED, readOnly: true });
    const part = { from: 5, limit: 3 };
    say({ count: await countOf(store, part) });
    truncateSync(join(path, FIRST), KEPT_BYTE_LENGTH);
    say({ count: await countOf(store, part), notes: notesOf(store) });
  },

  /** What breaks no lease. */
  async lease(path) {
    await fill(path);
    let rounds: (() => void)[] = [];
    const real = systemEnvironment(await loadLibc());
    const background = (_ms: number, callback: () => void) => {
      rounds.push(callback);
      return { cancel: () => rounds = rounds.filter((other) => other !== callback) };
    };
    const environment = { ...real, timers: { ...real.timers, background } };
    const options = { ...GUARDED, readOnly: true };
    await using store = await openStoreIn(environment, path, options);
    say({ count: await countOf(store), guard: store.info.guard });
    const libc = await loadLibc();
    const { O_RDONLY, O_TRUNC } = libc.constants;
    const file = join(path, FIRST);
    libc.close(check(libc.open(file, { flags: O_RDONLY | O_TRUNC }), "open", file));
    say({ count: await countOf(store) });
    // Whoever looks after the leases has to leave this segment alone.
    for (let round = 0; round < 100; round++) for (const look of rounds.splice(0)) look();
    say({ count: await countOf(store), notes: store.info.notes });
  },

  /** The file is cut while somebody looks at what was lent. */
  async borrow(path) {
    await fill(path);
    await using store = await openStoreIn(NO_LEASES, path, { ...GUARDED, readOnly: true });
    let isWhole = false;
    store.queue(TOPIC).borrowSync({ from: 2, limit: 1 }, (record) => {
      const before = record.slice();
      truncateSync(join(path, FIRST), 0);
      isWhole = record.every((byte, index) => byte === before[index]);
    });
    say({ isWhole, count: await countOf(store) });
  },

  writer: appendToCut,

  /** Planted: nobody looks whether pages were lost. */
  async unlooked(path) {
    SigbusGuard.prototype.faultCount = () => 0;
    await appendToCut(path);
  },

  /** An index file is cut, stored into, and has its length again when it is synced. */
  async index(path) {
    const store = await openStoreIn(NO_LEASES, path, GUARDED);
    await store.append({ topic: TOPIC, body: "one", keys: "k" });
    const file = join(path, "index", readdirSync(join(path, "index"))[0]);
    const { size } = statSync(file);
    truncateSync(file, 0);
    await store.append({ topic: TOPIC, body: "other", keys: "k" });
    truncateSync(file, size);
    await store.close();
    const isMarked = existsSync(join(path, "abort"));
    await using again = await openStoreIn(NO_LEASES, path, GUARDED);
    say({ isMarked, found: (await Array.fromAsync(again.find(TOPIC, "k"))).length });
  },

  async two(path) {
    const paths = [join(path, "one"), join(path, "other")];
    const stores: Store[] = [];
    for (const own of paths) {
      await fill(own);
      stores.push(await openStoreIn(NO_LEASES, own, { ...GUARDED, readOnly: true }));
    }
    for (const store of stores) await countOf(store);
    truncateSync(join(paths[1], FIRST), KEPT_BYTE_LENGTH);
    for (const store of stores) say({ count: await countOf(store), notes: notesOf(store).length });
    await stores[1].close();
    say({ count: await countOf(stores[0]), guard: stores[0].info.guard });
    await stores[0].close();
  },
};

/** The segment is cut, stored into, and has its length again when the store looks at it. */
async function appendToCut(path: string): Promise<void> {
  await fill(path);
  const libc = await loadLibc();
  const file = join(path, LAST);
  let isCut = false;
  const mended = overrideLibc(libc, {
    statx(directory, name) {
      if (isCut && name === basename(LAST)) truncateSync(file, SEGMENT_BYTE_LENGTH);
      return libc.statx(directory, name);
    },
  });
  const options = { ...GUARDED, writePath: "mapped" } as const;
  const store = await openStoreIn(systemEnvironment(mended), path, options);
  await store.append({ topic: TOPIC, body: "before" });
  truncateSync(file, KEPT_BYTE_LENGTH);
  isCut = true;
  for (const durability of ["committed", "flushed"] as const) {
    const appended = store.append({ topic: TOPIC, body: "after" }, { durability });
    say(await appended.then(() => ({ acknowledged: true }), failureOf));
  }
  await store.close();
}

async function fill(path: string): Promise<void> {
  await using store = await openStoreIn(NO_LEASES, path, {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  const messages = Array.from(
    { length: MESSAGE_COUNT },
    (_, offset) => ({ topic: TOPIC, body: textOf(offset) }),
  );
  await store.appendAll(messages);
}

function textOf(offset: number): string {
  return `${offset} ${"x".repeat(4000)}`;
}

/** How many messages there are, each as it was written; or why they cannot be read. */
async function countOf(store: Store, part: ReadOptions = {}): Promise<unknown> {
  let count = 0;
  try {
    for await (const message of store.queue(TOPIC).read(part)) {
      if (message.text() !== textOf(message.offset)) return "wrong";
      count++;
    }
    return count;
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Record<string, unknown> {
  if (!StoreError.is(error) || error.code === "SYSTEM") throw error;
  return { code: error.code, ...error.reason !== undefined && { reason: error.reason } };
}

function notesOf(store: Store): string[] {
  return store.info.notes.filter((note) => note.includes("was cut by another program"));
}

function say(line: Readonly<Record<string, unknown>>): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const [, , scene, path] = process.argv;
await SCENES[scene as GuardedScene](path);

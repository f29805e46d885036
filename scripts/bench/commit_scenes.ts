/**
 * Two versions of the store in one process, turn by turn: what disturbs one disturbs the other too.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import type { OpenStoreOptions, Store, StoredMessage } from "../../mod.ts";
import { spreadOf } from "./statistics.ts";

const BODY_BYTE_LENGTH = 1024;
const BATCH_COUNT = 1000;
const READ_LIMIT = 256;
const READ_BATCHES = 100;
const SOURCE_BATCHES = 5;
// Neither flush nor roll in between, as far as that can be asked for: both come at any time, and
// take as long as many turns.
const CALM: OpenStoreOptions = {
  durability: "committed",
  geometry: { segmentByteLength: 1024 ** 3 },
  tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 },
};

/** One turn of a scene, over and over. */
type Turn = () => Promise<unknown>;

/** What came of the bodies, so that nobody may leave them out. */
let touchedByteLength = 0;

const body = new Uint8Array(BODY_BYTE_LENGTH).fill(97);
const batch = Array.from({ length: BATCH_COUNT }, () => ({ topic: "T", body }));

/** The public surface of a version, and what it has for `node:stream`. */
type Version = typeof import("../../mod.ts") & {
  readonly node: Pick<typeof import("../../adapters/node/mod.ts"), "source">;
};

/** What is measured. Each makes ready what it needs and gives its turn. */
const SCENES: Readonly<Record<string, (store: Store, version: Version) => Promise<Turn>>> = {
  "appendAll": (store) => Promise.resolve(() => store.appendAll(batch)),
  "append in flight": (store) =>
    Promise.resolve(() => Promise.all(batch.map((message) => store.append(message)))),
  "sink": (store, { sink }) =>
    Promise.resolve(() => ReadableStream.from(batch).pipeTo(sink(store, "T"))),
  "source": async (store, { source }) => {
    await fill(store);
    return async () => {
      let byteLength = 0;
      for await (const { body } of source(store, "T")) byteLength += body.length;
      return byteLength;
    };
  },
  "source that is piped": async (store, { source }) => {
    await fill(store);
    return () => source(store, "T").pipeTo(new WritableStream({ write: (one) => touch([one]) }));
  },
  "source of node:stream": async (store, { node }) => {
    await fill(store);
    return () => pipeline(node.source(store, "T") as Readable, droppingWritable());
  },
  "source of batches": async (store, { sourceBatches }) => {
    await fill(store);
    return () => sourceBatches(store, "T").pipeTo(new WritableStream({ write: touch }));
  },
  "readBatch": async (store) => {
    for (let count = 0; count < READ_BATCHES; count++) await store.appendAll(batch);
    const queue = store.queue("T");
    let number = 0;
    return async () => {
      const from = (number++ * READ_LIMIT) % (READ_BATCHES * BATCH_COUNT - READ_LIMIT);
      const messages = await queue.readBatch({ from, limit: READ_LIMIT });
      return messages.reduce((sum, message) => sum + message.body.length, 0);
    };
  },
};

async function fill(store: Store): Promise<void> {
  for (let count = 0; count < SOURCE_BATCHES; count++) await store.appendAll(batch);
}

function touch(messages: readonly StoredMessage[]): void {
  for (const { body } of messages) touchedByteLength += body.length;
}

function droppingWritable(): Writable {
  return new Writable({
    objectMode: true,
    write(message: StoredMessage, _encoding, callback) {
      touch([message]);
      callback();
    },
  });
}

/** Names of all scenes, with the path that messages take to the file. */
export const SCENE_NAMES: readonly string[] = Object.keys(SCENES).flatMap((name) => [
  `${name}, staged`,
  `${name}, mapped`,
]);

/** What both versions took. */
export interface TurnTimes {
  /** The middle turn of the base, µs. */
  readonly base: number;
  /** The middle turn of this tree, µs. */
  readonly here: number;
}

/** How a round goes. */
export interface RoundPlan {
  /** Turns of each version; as many again are taken first, to warm up. */
  readonly turns: number;
  /** Where both stores are made. */
  readonly directory: string;
  /**
   * Which version is loaded first: the compiler favours it by some hundredths, so rounds take turns
   * in it, too.
   */
  readonly first: keyof TurnTimes;
}

/** One version with its store. */
interface Side {
  readonly store: Store;
  readonly turn: Turn;
}

/**
 * Measures one scene once.
 *
 * @param scene Its name, one of {@linkcode SCENE_NAMES}.
 * @param roots The two trees.
 * @param plan How the round goes.
 * @returns What the middle turns took.
 */
export async function measureTurns(
  scene: string,
  roots: Readonly<Record<keyof TurnTimes, string>>,
  { turns, directory, first }: RoundPlan,
): Promise<TurnTimes> {
  const order = first === "base" ? ["base", "here"] as const : ["here", "base"] as const;
  const sides = new Map<keyof TurnTimes, Side>();
  const parent = mkdtempSync(join(directory, "streambed-commits-"));
  try {
    for (const name of order) {
      sides.set(name, await openSide(scene, roots[name], join(parent, name)));
    }
    await takeTurns(sides, turns);
    return await takeTurns(sides, turns);
  } finally {
    // Two stores with segments of 1 GiB each: a version that fails must not leave them behind.
    await Promise.allSettled(Array.from(sides.values(), ({ store }) => store.close()));
    rmSync(parent, { recursive: true });
  }
}

async function openSide(scene: string, root: string, path: string): Promise<Side> {
  const [name, writePath] = scene.split(", ") as [string, "staged" | "mapped"];
  const version = await loadVersion(root);
  const store = await openCalm(version, path, writePath);
  try {
    return { store, turn: await SCENES[name](store, version) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function loadVersion(root: string): Promise<Version> {
  const load = (path: string) => import(pathToFileURL(join(root, path)).href);
  return { ...await load("mod.ts"), node: await load("adapters/node/mod.ts") };
}

/** Versions before `geometry` and `tuning` were made have all of them at the top. */
async function openCalm(
  { openStore }: Version,
  path: string,
  writePath: "staged" | "mapped",
): Promise<Store> {
  const { geometry, tuning, ...rest } = CALM;
  try {
    return await openStore(path, { ...rest, geometry, tuning, writePath });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_INVALID_ARG_VALUE") throw error;
    return await openStore(path, { ...rest, ...Object(geometry), ...tuning, writePath });
  }
}

async function takeTurns(
  sides: ReadonlyMap<keyof TurnTimes, Side>,
  turns: number,
): Promise<TurnTimes> {
  const times = { base: [] as number[], here: [] as number[] };
  const forwards = [...sides];
  const backwards = forwards.toReversed();
  for (let number = 0; number < turns; number++) {
    for (const [name, { turn }] of number % 2 === 0 ? forwards : backwards) {
      const start = performance.now();
      await turn();
      times[name].push((performance.now() - start) * 1000);
    }
  }
  return { base: spreadOf(times.base).median, here: spreadOf(times.here).median };
}

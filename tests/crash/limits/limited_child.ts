/**
 * Lives of a store below limits that this process sets for itself, one after the other: each ends
 * with a typed error, or without any.
 *
 * Arguments: directory, what is limited, `small` or `default` files, and the limits to try, from
 * low to high. It prints one line of JSON for each life. A limit that kills the process is what
 * must not happen.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import process from "node:process";
import { check, loadLibc } from "../../../ffi/mod.ts";
import { openStore, type OpenStoreOptions, type Store, StoreError } from "../../../storage/mod.ts";
import { type LimitedResource, limitResource } from "../../../harness/support/raw_calls.ts";

/** One life below a limit. */
export interface LimitedLine {
  /** The limit. */
  readonly limit: number;
  /** Codes of the errors below it, each once; empty if there was none. */
  readonly codes: readonly string[];
  /** Messages that were acknowledged below it and with it gone. */
  readonly acknowledged: number;
  /** Messages that were found afterwards. */
  readonly found: number;
}

const TOPICS = 4;
const BELOW_COUNT = 40;
const SMALL = { geometry: { queueEntryCount: 1000, indexSlotCount: 50, indexEntryCount: 1000 } };

const [directory, resource, size, ...limits] = process.argv.slice(2);
const OPTIONS: OpenStoreOptions = {
  ...(size === "small" ? SMALL : {}),
  geometry: {
    ...(size === "small" ? SMALL : {}).geometry,
    segmentByteLength: 64 * 1024,
    maxBodyByteLength: 20_000,
  },
  tuning: {
    flushIntervalMs: 2,
    flushThoroughIntervalMs: 4,
  },
};

// Deno makes its pipe for signals when the first one is listened to, and panics where it has no
// descriptor for it.
process.on("SIGUSR2", ignore);
process.off("SIGUSR2", ignore);

const libc = await loadLibc();
const { hard } = check(libc.resourceLimit(resource as LimitedResource), "limit");
for (const [life, limit] of limits.map(Number).entries()) {
  const line = await liveBelow(limit, `${directory}/${life}`);
  console.log(JSON.stringify(line));
}

function ignore(): void {}

async function liveBelow(limit: number, path: string): Promise<LimitedLine> {
  const codes = new Set<string>();
  let acknowledged = 0;
  const add = (count: number) => void (acknowledged += count);
  const attempt = async (action: () => Promise<unknown>) => {
    try {
      return await action();
    } catch (error) {
      if (!StoreError.is(error)) throw error;
      codes.add(error.errno ?? error.code);
    }
  };
  const spare = resource === "descriptors" ? readdirSync("/proc/self/fd").length - 1 : 0;
  limitResource(resource as LimitedResource, limit + spare, hard);
  const store = await attempt(() => openStore(path, OPTIONS)) as Store | undefined;
  if (store !== undefined) {
    for (let n = 0; n < BELOW_COUNT; n++) await attempt(() => append(store, n).then(add));
    await attempt(() => store.backup(`${path}.backup`));
  }
  limitResource(resource as LimitedResource, hard, hard);
  if (store !== undefined) {
    await append(store, BELOW_COUNT).then(add);
    await store.close();
  }
  return { limit, codes: [...codes].sort(), acknowledged, found: await count(path) };
}

async function append(store: Store, n: number): Promise<number> {
  const body = new Uint8Array(6000).fill(n);
  await store.append({ topic: `T${n % TOPICS}`, queueId: n % 3, keys: `k${n}`, body });
  return 1;
}

async function count(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  await using store = await openStore(path, OPTIONS);
  let found = 0;
  for (const { topic, queues } of store.topics()) {
    for (const { queueId } of queues) {
      for await (const _message of store.queue(topic, queueId).read()) found++;
    }
  }
  return found;
}

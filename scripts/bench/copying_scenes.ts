/**
 * What is measured through views and by copies: calls on a mapping, and a store above it. Time is
 * that of the processor.
 *
 * @module
 */
import process from "node:process";
import { check, type Libc, loadLibc, type Mapping, withoutViews } from "../../ffi/mod.ts";
import { openStoreIn, type Store, systemEnvironment } from "../../storage/mod.ts";

/** One figure. */
export interface CopyingFigure {
  /** What was done. */
  readonly name: string;
  /** Unit of the value. */
  readonly unit: "ns" | "/s";
  /** How long one took, or how many there were in a second. */
  readonly value: number;
}

/** All figures of a run. */
export type CopyingFigures = readonly CopyingFigure[];

const BODY_BYTE_LENGTH = 1024;
const BATCH_COUNT = 100;
const FIND_COUNT = 50;
const KEY_COUNT = 2000;
const MAP_BYTE_LENGTH = 16 * 1024 * 1024;
const ROUND_COUNT = 1000;

/**
 * Measures everything once.
 *
 * @param path An empty directory.
 * @param isCopied Whether without views.
 * @param seconds How long each figure is measured; a third of it is spent on warming up before.
 * @returns The figures.
 */
export async function measureCopying(
  path: string,
  isCopied: boolean,
  seconds: number,
): Promise<CopyingFigures> {
  const loaded = await loadLibc();
  const libc = isCopied ? withoutViews(loaded) : loaded;
  const figures: CopyingFigure[] = await measureMapping(libc, path, seconds);
  for (const writePath of ["staged", "mapped"] as const) {
    const environment = systemEnvironment(libc);
    const options = { writePath, durability: "committed" } as const;
    await using store = await openStoreIn(environment, `${path}/${writePath}`, options);
    figures.push(await measureAppends(store, writePath, seconds));
    if (writePath === "staged") figures.push(...await measureReads(store, seconds));
  }
  return figures;
}

async function measureMapping(
  libc: Libc,
  path: string,
  seconds: number,
): Promise<CopyingFigure[]> {
  const { O_RDWR, O_CREAT } = libc.constants;
  const file = check(libc.open(`${path}/file`, { flags: O_RDWR | O_CREAT }), "open");
  check(libc.fallocate(file, 0, 0, MAP_BYTE_LENGTH), "fallocate");
  const mapping = check(libc.mmap(file, MAP_BYTE_LENGTH, { write: true }), "mmap");
  check(libc.madvise(mapping, 0, MAP_BYTE_LENGTH, libc.constants.MADV_POPULATE_WRITE), "madvise");
  const bytes = new Uint8Array(BODY_BYTE_LENGTH);
  const calls: readonly [string, (mapping: Mapping, offset: number) => void][] = [
    ["`getI32()`", (from, offset) => from.getI32(offset)],
    ["`publishI32()`", (to, offset) => to.publishI32(offset, offset)],
    ["`copyOut()` of 1 KiB", (from, offset) => from.copyOut(offset, bytes.length, bytes)],
    ["`copyIn()` of 1 KiB", (to, offset) => to.copyIn(offset, bytes)],
    ["`borrowSync()` of 1 KiB", (from, offset) => from.borrow(offset, bytes.length, firstByte)],
  ];
  const figures: CopyingFigure[] = [];
  const span = MAP_BYTE_LENGTH - BODY_BYTE_LENGTH;
  for (const [name, call] of calls) {
    let offset = 0;
    const perSecond = await measure(seconds, () => {
      for (let round = 0; round < ROUND_COUNT; round++) {
        offset = (offset + 4099) % span;
        call(mapping, offset);
      }
      return ROUND_COUNT;
    });
    figures.push({ name, unit: "ns", value: 1e9 / perSecond });
  }
  check(libc.munmap(mapping), "munmap");
  check(libc.close(file), "close");
  return figures;
}

async function measureAppends(
  store: Store,
  writePath: string,
  seconds: number,
): Promise<CopyingFigure> {
  const body = new Uint8Array(BODY_BYTE_LENGTH).fill(97);
  let number = 0;
  const value = await measure(seconds, async () => {
    const keys = () => `k${number++ % KEY_COUNT}`;
    const messages = Array.from(
      { length: BATCH_COUNT },
      () => ({ topic: "T", body, keys: keys() }),
    );
    await store.appendAll(messages);
    return BATCH_COUNT;
  });
  return { name: `append of 1 KiB with a key, ${writePath}`, unit: "/s", value };
}

async function measureReads(store: Store, seconds: number): Promise<CopyingFigure[]> {
  const queue = store.queue("T");
  let from = 0;
  const next = (read: number) => {
    from = read >= queue.endOffset ? 0 : read;
  };
  const read = await measure(seconds, async () => {
    const messages = await queue.readBatch({ from, limit: BATCH_COUNT });
    next(from + messages.length);
    return messages.length;
  });
  const borrowed = await measure(seconds, () => {
    const before = from;
    const after = queue.borrowSync({ from, limit: BATCH_COUNT }, firstByte);
    next(after);
    return after - before;
  });
  let number = 0;
  const found = await measure(seconds, async () => {
    for (let round = 0; round < FIND_COUNT; round++) {
      for await (const _ of store.find("T", `k${number++ % KEY_COUNT}`, { limit: 1 })) break;
    }
    return FIND_COUNT;
  });
  return [
    { name: "read of 1 KiB, in batches", unit: "/s", value: read },
    { name: "borrow of 1 KiB, in batches", unit: "/s", value: borrowed },
    { name: "find by key", unit: "/s", value: found },
  ];
}

function firstByte(view: Uint8Array): void {
  if (view[0] === undefined) throw new TypeError("Cannot look at the first byte: there is none");
}

/** How many in a second of processor time, after a third of the time for warming up. */
async function measure(seconds: number, work: () => number | Promise<number>): Promise<number> {
  await repeat(seconds / 3, work);
  return await repeat(seconds, work);
}

async function repeat(seconds: number, work: () => number | Promise<number>): Promise<number> {
  const start = processorSeconds();
  let count = 0;
  for (;;) {
    const done = work();
    count += typeof done === "number" ? done : await done;
    const elapsed = processorSeconds() - start;
    if (elapsed >= seconds) return count / elapsed;
  }
}

/** Not the time of day: whoever else uses the machine would be measured too. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

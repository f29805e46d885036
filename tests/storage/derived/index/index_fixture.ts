/**
 * An index in a directory of a test's own, on the real operating system, with a clock that the test
 * sets.
 *
 * @module
 */
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { type Libc, loadLibc } from "../../../../ffi/mod.ts";
import { openRoot, type StoreDirectory } from "../../../../storage/directory/mod.ts";
import { type EnvironmentClock, systemEnvironment } from "../../../../storage/environment.ts";
import { type IndexOptions, MessageIndex } from "../../../../storage/derived/index/mod.ts";
import { temporaryDirectory } from "../../../../harness/support/temp_dir.ts";

/** Slots and entries of a file in these tests: the golden stores'. */
export const SMALL = { indexSlotCount: 100, indexEntryCount: 400 };
/** Length of a file in these tests. */
export const FILE_BYTE_LENGTH: number = 40 + 4 * 100 + 20 * 400;
/** A time, ms since epoch. */
export const TIME = 1_795_300_000_000;

/** A directory, and indexes opened on it; all are closed at the end. */
export interface IndexFixture extends AsyncDisposable {
  /** Absolute path of the directory. */
  readonly path: string;
  /** The directory. */
  readonly directory: StoreDirectory;
  /** What was noted so far. */
  readonly notes: string[];
  /** The time that the clock shows. */
  now: number;
  /** Opens an index: a writer's, unless asked otherwise. */
  index(options?: Partial<IndexOptions>): MessageIndex;
}

/**
 * Makes a fixture.
 *
 * @param path An existing directory instead of a new one; it is left alone at the end.
 * @param wrap Puts something in front of the libc.
 * @returns The fixture.
 */
export async function indexFixture(
  path?: string,
  wrap: (libc: Libc) => Libc = (libc) => libc,
): Promise<IndexFixture> {
  const libc = wrap(await loadLibc());
  const temporary = path === undefined ? await temporaryDirectory() : undefined;
  const notes: string[] = [];
  const directory = openRoot(libc, path ?? temporary?.path ?? "", {
    write: true,
    create: true,
    trustDirectory: false,
    note: (text) => notes.push(text),
  });
  const indexes: MessageIndex[] = [];
  const fixture: IndexFixture = {
    path: directory.path,
    directory,
    notes,
    now: TIME,
    index(options = {}) {
      const clock: EnvironmentClock = { ...systemEnvironment(libc).clock, now: () => fixture.now };
      const index = new MessageIndex(directory, clock, { readOnly: false, ...SMALL, ...options });
      indexes.push(index);
      return index;
    },
    async [Symbol.asyncDispose]() {
      for (const index of indexes) await index.close();
      directory.close();
      await temporary?.[Symbol.asyncDispose]();
    },
  };
  return fixture;
}

/** Puts the keys, with spaces between them, of a record of the topic `T`. */
export function putKeys(index: MessageIndex, keys: string, position: number, time: number): void {
  for (const key of keys.split(" ")) index.put("T", key, position, time);
}

/**
 * Puts the keys of records `from` to `to`: record n is at position 100 n, a second after the one
 * before, with a key of its own and the key `common`.
 *
 * @param index The index.
 * @param from First record.
 * @param to After the last one.
 */
export function putRecords(index: MessageIndex, from: number, to: number): void {
  for (let record = from; record < to; record++) {
    putKeys(index, `k${record} common`, record * 100, TIME + record * 1000);
  }
}

/**
 * Fails unless the index finds exactly the records `from` to `to` by both their keys.
 *
 * @param index The index.
 * @param from First record.
 * @param to After the last one.
 * @param beyond Record up to which nothing else must be found.
 */
export function checkRecords(
  index: MessageIndex,
  from: number,
  to: number,
  beyond: number = to,
): void {
  const all: number[] = [];
  for (let record = 0; record < beyond; record++) {
    const expected = record >= from && record < to ? [record * 100] : [];
    if (expected.length > 0) all.unshift(record * 100);
    const found = [...index.find("T", `k${record}`)];
    // Another key of the same hash is rare, and none in these tests.
    if (`${found}` !== `${expected}`) throw new Error(`Cannot find k${record}: got ${found}`);
  }
  const found = [...index.find("T", "common")];
  if (`${found}` !== `${all}`) throw new Error(`Cannot find common: got ${found.length} hits`);
}

/**
 * Paths of the index files.
 *
 * @param fixture The fixture.
 * @returns The absolute paths, oldest first.
 */
export function pathsIn(fixture: IndexFixture): string[] {
  return readdirSync(`${fixture.path}/index`).sort().map((name) => `${fixture.path}/index/${name}`);
}

/**
 * Writes bytes into a file.
 *
 * @param path The file.
 * @param position Where to.
 * @param bytes What.
 */
export function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}

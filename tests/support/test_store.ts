/**
 * Small stores for tests of what stands on the store, one harness for each way to write.
 *
 * @module
 */
import { openStore, type OpenStoreOptions, type Store } from "../../mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { mergeOptions } from "../../harness/support/store_options.ts";

/** How a suite opens its stores. */
export interface StoreHarness {
  /** What differs, in a word: stands behind the names of the tests. */
  readonly label: string;
  /** Opens a store with small files. */
  open(path: string, options?: OpenStoreOptions): Promise<Store>;
}

/** A store in a directory of its own; leaving the scope of `await using` closes and removes it. */
export interface TemporaryStore extends AsyncDisposable {
  /** The open store. */
  readonly store: Store;
  /** Its directory. */
  readonly path: string;
}

/** File lengths that are quick to make, and that a few messages fill. */
export const SMALL_GEOMETRY: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 1024 * 1024,
    queueEntryCount: 1000,
    indexSlotCount: 100,
    indexEntryCount: 400,
    maxBodyByteLength: 64 * 1024,
  },
};

/** File lengths that a handful of messages fills. */
export const SMALL_FILES: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
};

/** A harness for each way to write. */
export const STORE_HARNESSES: readonly StoreHarness[] = (["staged", "mapped"] as const).map(
  (writePath) => ({
    label: writePath,
    open: (path, options) =>
      openStore(path, mergeOptions({ writePath }, SMALL_GEOMETRY, options ?? {})),
  }),
);

/**
 * Opens a store in a new directory.
 *
 * @param harness How to open it.
 * @param options Options of the store.
 * @returns The store.
 */
export async function temporaryStore(
  harness: StoreHarness,
  options: OpenStoreOptions = {},
): Promise<TemporaryStore> {
  const directory = await temporaryDirectory();
  try {
    const store = await harness.open(directory.path, options);
    return {
      store,
      path: directory.path,
      async [Symbol.asyncDispose]() {
        await store.close();
        await directory[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Opens a store again that was closed, and closes it afterwards.
 *
 * @param harness How to open it.
 * @param path Its directory.
 * @param work What to do with it.
 */
export async function openAgain(
  harness: StoreHarness,
  path: string,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const store = await harness.open(path);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/**
 * Reads all that is committed in a queue.
 *
 * @param store Store to read.
 * @param topic Topic.
 * @param queueId Queue of the topic.
 * @returns The bodies as text, in order.
 */
export async function readTexts(store: Store, topic: string, queueId = 0): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of store.queue(topic, queueId).read()) texts.push(message.text());
  return texts;
}

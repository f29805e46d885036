/**
 * Opening the store of a command, and closing it whatever happens.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { openStore, type OpenStoreOptions, type Store } from "../storage/mod.ts";
import { CommandError } from "./cli_error.ts";
import type { Context, GlobalOptions } from "./context.ts";
import { isThere } from "./files.ts";
import { LOG_FOLDER, STORE_SIGNS } from "../storage/layout/mod.ts";

/**
 * Runs `work` with an open store.
 *
 * @param context What the command works with.
 * @param options The command's options.
 * @param how Options of the opening.
 * @param work What to do with the store. It is closed afterwards.
 * @returns What `work` gives.
 */
export async function withStore<T>(
  context: Context,
  options: GlobalOptions,
  how: OpenStoreOptions,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const path = context.directory(options);
  if (how.create !== true && options.logDirectories === undefined) refuseMissing(path);
  const progress = context.progress("open", options);
  let store: Store;
  try {
    store = await openStore(path, {
      trustDirectory: options.trustDirectory,
      logDirectories: options.logDirectories,
      signal: context.signal,
      onProgress: ({ doneByteLength, totalByteLength }) =>
        progress.update(doneByteLength, totalByteLength),
      ...how,
    });
  } finally {
    progress.stop();
  }
  for (const note of store.info.notes) context.note(`note: ${note}`, options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** No command makes a store of a directory that only happens to be there, nor finds an empty one in it. */
function refuseMissing(path: string): void {
  const absolute = resolve(path);
  if ([LOG_FOLDER, ...STORE_SIGNS].some((name) => isThere(join(absolute, name)))) return;
  throw new CommandError(
    `Cannot open store ${JSON.stringify(absolute)}: there is none; name one with --dir, ` +
      "or make it with append --dir",
  );
}

/**
 * Runs `work` with a store that is only read.
 *
 * @param context What the command works with.
 * @param options The command's options.
 * @param work What to do with the store.
 * @returns What `work` gives.
 */
export function withReader<T>(
  context: Context,
  options: GlobalOptions,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  return withStore(context, options, { readOnly: true, create: false }, work);
}

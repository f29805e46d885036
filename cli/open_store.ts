/**
 * Opening the store of a command, and closing it whatever happens.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { openStore, type OpenStoreOptions, type Store } from "../storage/mod.ts";
import { CommandError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { isThere } from "./files.ts";
import { LOG_FOLDER, STORE_SIGNS } from "../storage/layout/mod.ts";

/** Runs `work` with an open store, and closes it. */
export async function withStore<T>(
  context: Context,
  how: OpenStoreOptions,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  const path = context.directory;
  if (how.create !== true && context.options.logDirectories === undefined) refuseMissing(path);
  const store = await context.working("open", (work) => openStore(path, { ...work, ...how }));
  for (const note of store.info.notes) context.note(`note: ${note}`);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/**
 * A command neither makes a store in a directory that is not one, nor shows it as an empty store.
 */
function refuseMissing(path: string): void {
  const absolute = resolve(path);
  if ([LOG_FOLDER, ...STORE_SIGNS].some((name) => isThere(join(absolute, name)))) return;
  throw new CommandError(
    `Cannot open store ${JSON.stringify(absolute)}: it does not exist; name another with --dir, ` +
      "or make it with append --dir",
  );
}

/** Runs `work` with a store that is only read. */
export function withReader<T>(
  context: Context,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  return withStore(context, { readOnly: true, create: false }, work);
}

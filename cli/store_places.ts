/**
 * Where stores lie beside and in each other: nothing new is made in one, nor around one.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Libc, loadLibc, quotePath } from "../ffi/mod.ts";
import { loadPermitted } from "../storage/directory/mod.ts";
import { LOG_FOLDER, META_FILE } from "../storage/layout/mod.ts";
import { CommandError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { kindOf } from "./files.ts";

/** Asks the runtime whether a path may be looked at without a question to the user. */
type Permissions = Pick<Libc, "denied">;

/**
 * The libc of a command before it opens its store.
 *
 * @throws {StoreError} As that opening would.
 */
export function libcToOpen(
  { directory }: Context,
  { write }: { readonly write: boolean },
): Promise<Libc> {
  return loadPermitted(loadLibc, { path: directory, write });
}

function mayLook(permissions: Permissions, path: string): boolean {
  return permissions.denied("read", path) === undefined;
}

/** By what nothing else has. */
function isStore(directory: string): boolean {
  return [LOG_FOLDER, META_FILE].some((name) => existsSync(join(directory, name)));
}

/** The store in which a path lies, the nearest if there are several. */
function storeAround(permissions: Permissions, path: string): string | undefined {
  for (let at = resolve(path); dirname(at) !== at;) {
    at = dirname(at);
    if (mayLook(permissions, at) && isStore(at)) return at;
  }
  return undefined;
}

function storeIn(directory: string): string | undefined {
  if (kindOf(directory) !== "directory") return undefined;
  return readdirSync(directory).map((name) => join(directory, name)).find(isStore);
}

/**
 * Refuses to put something into the directory of a store; `action` is what was to be done.
 *
 * @throws {CommandError} If it lies in one.
 */
export function refuseInStore(permissions: Permissions, action: string, path: string): void {
  const around = storeAround(permissions, path);
  if (around === undefined) return;
  throw new CommandError(
    `Cannot ${action} ${quotePath(resolve(path))}: it lies in store ${quotePath(around)}; name a ` +
      "place outside of it",
  );
}

/**
 * Refuses to make a store where the one that is meant is near: just above, or just below.
 *
 * @throws {CommandError} If there is one.
 */
export async function refuseStoreNear(context: Context): Promise<void> {
  const path = resolve(context.directory);
  const libc = await libcToOpen(context, { write: true });
  const above = dirname(path);
  const isBelow = mayLook(libc, above) && isStore(above);
  const near = isBelow ? above : mayLook(libc, path) ? storeIn(path) : undefined;
  if (near === undefined) return;
  throw new CommandError(
    `Cannot open store ${quotePath(path)}: there is none in it, but ${quotePath(near)} is one; ` +
      "name that with --dir, or a new directory elsewhere",
  );
}

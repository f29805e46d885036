/**
 * Where stores lie beside and in each other: nothing new is made in one, nor around one.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { quotePath } from "../ffi/mod.ts";
import { LOG_FOLDER, META_FILE } from "../storage/layout/mod.ts";
import { CommandError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { kindOf } from "./files.ts";

/** Whether a path may be looked at without a question to the user, or an error. */
type MayLook = (path: string) => boolean;

async function mayLookOf(context: Context): Promise<MayLook> {
  try {
    const { libc } = await context.environment();
    return (path) => libc.denied("read", path) === undefined;
  } catch {
    // Opening the store says what is missing.
    return () => false;
  }
}

/** By what nothing else has. */
function isStore(directory: string): boolean {
  return [LOG_FOLDER, META_FILE].some((name) => existsSync(join(directory, name)));
}

/** The store in which a path lies, the nearest if there are several. */
function storeAround(path: string, mayLook: MayLook): string | undefined {
  for (let at = resolve(path); dirname(at) !== at;) {
    at = dirname(at);
    if (mayLook(at) && isStore(at)) return at;
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
export async function refuseInStore(
  context: Context,
  action: string,
  path: string,
): Promise<void> {
  const around = storeAround(path, await mayLookOf(context));
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
  const mayLook = await mayLookOf(context);
  const above = dirname(path);
  const near = mayLook(above) && isStore(above) ? above : mayLook(path) ? storeIn(path) : undefined;
  if (near === undefined) return;
  throw new CommandError(
    `Cannot open store ${quotePath(path)}: there is none in it, but ${quotePath(near)} is one; ` +
      "name that with --dir, or a new directory elsewhere",
  );
}

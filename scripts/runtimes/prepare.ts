/**
 * What runs on the runtimes beside Deno: the runtimes themselves, and a copy of the repository for
 * them.
 *
 * @module
 */
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install } from "./install.ts";
import { RUNTIMES } from "./runtimes.ts";
import { type Module, transpile } from "./transpile.ts";

/** Runtimes and a copy for them; leaving the scope of `await using` removes the copy. */
export interface PreparedRuntimes extends AsyncDisposable {
  /** Root of the copy. */
  readonly directory: string;
  /** What can be run in the copy. */
  readonly modules: readonly Module[];
  /** Absolute path of the program of each runtime, by its name. */
  readonly programs: ReadonlyMap<string, string>;
}

/**
 * Installs the runtimes where they are not there yet, and copies the repository.
 *
 * @param root Root of the repository.
 * @returns Where everything is.
 * @throws {Error} If a package cannot be had.
 */
export async function prepareRuntimes(root: string): Promise<PreparedRuntimes> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "streambed-runtimes-")));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const modules = await transpile(root, directory);
    const { packages, programs } = await install(RUNTIMES, neededPackages(modules));
    await symlink(packages, join(directory, "node_modules"));
    return { directory, modules, programs, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The scripts' own are for Deno. */
function neededPackages(modules: readonly Module[]): string[] {
  const packages = modules.filter(({ source }) => !source.startsWith("scripts/"))
    .flatMap((module) => module.packages);
  return [...new Set(packages)];
}

/**
 * The runtimes and the packages for them, from npm, in a cache outside the checkout.
 *
 * Deno fetches them, so that neither Node nor npm need be there; no install script is run.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { arch, env as processEnv } from "node:process";
import { cacheDirectory, type Environment } from "../../harness/support/cache_directory.ts";
import { COMMON_PACKAGES, type Processor, type Runtime } from "./runtimes.ts";

/** What is installed. */
export interface Installation {
  /** The folder with all packages, which a program finds as `node_modules`. */
  readonly packages: string;
  /** Absolute path of the program of each runtime, by its name. */
  readonly programs: ReadonlyMap<string, string>;
}

/**
 * Installs what is not there yet.
 *
 * @param runtimes The runtimes.
 * @param packages Packages beside them, as `name@version`; `name@npm:package@version` is known as
 * `name`.
 * @param env The environment; the process's own when left out.
 * @returns Where everything is.
 * @throws {Error} If a package cannot be had, with what Deno said.
 */
export async function install(
  runtimes: readonly Runtime[],
  packages: readonly string[],
  env: Environment = processEnv,
): Promise<Installation> {
  // Apart, since runtimes are large and change seldom.
  const programs = await installed("runtimes", runtimeDependencies(runtimes), env);
  const modules = await installed("packages", packageDependencies(packages), env);
  const paths = runtimes.map(({ name, program }) => [name, join(programs, name, program)] as const);
  return { packages: modules, programs: new Map(paths) };
}

/** Gives the folder with the packages, which is filled where it is not there yet. */
async function installed(
  what: string,
  dependencies: Readonly<Record<string, string>>,
  env: Environment,
): Promise<string> {
  const manifest = `${JSON.stringify({ private: true, dependencies }, undefined, 2)}\n`;
  const hash = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const cache = cacheDirectory(env);
  const directory = join(cache, `${what}-${hash}`);
  if (!existsSync(directory)) await fill({ cache, directory, manifest, env });
  return join(directory, "node_modules");
}

/** Each runtime gets its own name, since three are versions of one package. */
function runtimeDependencies(runtimes: readonly Runtime[]): Record<string, string> {
  return Object.fromEntries(runtimes.map(({ name, packages, version }) => {
    return [name, `npm:${packages[processor()]}@${version}`];
  }));
}

function packageDependencies(packages: readonly string[]): Record<string, string> {
  const named = [...packages].sort().map((text) => {
    const at = text.indexOf("@", 1);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return { ...COMMON_PACKAGES, ...Object.fromEntries(named) };
}

function processor(): Processor {
  if (arch === "x64" || arch === "arm64") return arch;
  throw new Error(`Cannot install runtimes: there are none for ${arch}, run on x64 or arm64`);
}

interface Filling {
  readonly cache: string;
  readonly directory: string;
  readonly manifest: string;
  readonly env: Environment;
}

/** Two that fill it at once do the same work; whoever is first has done it. */
async function fill({ cache, directory, manifest, env }: Filling): Promise<void> {
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "installing-"));
  try {
    await writeFile(join(temporary, "package.json"), manifest);
    await writeFile(join(temporary, "deno.json"), '{ "nodeModulesDir": "auto", "lock": false }\n');
    await fetchPackages(temporary, env);
    if (!existsSync(directory)) await rename(temporary, directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fetchPackages(directory: string, env: Environment): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: directory,
    env: { ...definedOf(env), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`Cannot install the runtimes from npm, is the registry reachable?\n${said}`);
}

function definedOf(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}

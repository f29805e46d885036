/**
 * What blocks of code run in: the runtimes, a registry that has the package, and fresh folders in
 * which it is installed as README.md says.
 *
 * @module
 */
import { chmod, copyFile, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { env as ownEnvironment } from "node:process";
import { type TemporaryDirectory, temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { makePackage } from "../package/make_package.ts";
import { install } from "../runtimes/install.ts";
import { RUNTIMES } from "../runtimes/runtimes.ts";
import { type Environment, mustEnd, type Outcome, run } from "./run.ts";
import { serveRegistry } from "./registry.ts";

/** Versions of Node whose types the programs are checked with, and what has them. */
const NODE_TYPES: Readonly<Record<string, string>> = {
  "22": "@types/node@22.20.7",
  "24": "@types/node@24.10.1",
  "26": "@types/node@26.6.7",
};
/** What installs and checks. */
const TOOLS = ["npm@11.6.2", "typescript@5.9.3"];
/** What blocks import beside the package. */
const BESIDE = [
  "zod@4.6.7",
  "cborg@6.1.5",
  "@opentelemetry/api@1.9.1",
  "@opentelemetry/sdk-metrics@2.12.1",
];
const PACKAGE = "@streambed/log";
/** The Node that commands find, and that the tools run on. */
const NODE = "node24";
/** Folder of the commands. */
const COMMANDS = "bin";
/** Deno, which is none of the runtimes that are installed. */
export const DENO = "deno";

/** All that is needed; leaving the scope of `await using` removes it. */
export interface Workshop extends AsyncDisposable {
  /** Names of the runtimes, Deno first. */
  readonly runtimes: readonly string[];
  /** Absolute path of the program of a runtime. */
  program(runtime: string): string;
  /** The environment in which everything runs. */
  readonly env: Environment;
  /** Makes an empty folder in which only the registry is known. */
  emptyFolder(): Promise<TemporaryDirectory>;
  /** Makes a folder in which the package is installed for a runtime. */
  folderFor(runtime: string): Promise<TemporaryDirectory>;
  /** Versions of Node with types, and the folder that has `node` with these. */
  readonly typeRoots: ReadonlyMap<string, string>;
  /** Runs the TypeScript compiler. */
  compile(cwd: string, words: readonly string[]): Promise<Outcome>;
}

/**
 * Prepares everything.
 *
 * @param root Root of the project.
 * @returns The workshop.
 * @throws {Error} If something cannot be installed, with what the installer said.
 */
export async function openWorkshop(root: string): Promise<Workshop> {
  const stack = new AsyncDisposableStack();
  try {
    const { path } = stack.use(await temporaryDirectory("streambed-examples-"));
    return await furnish(root, path, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function furnish(
  root: string,
  directory: string,
  stack: AsyncDisposableStack,
): Promise<Workshop> {
  const types = Object.entries(NODE_TYPES).map(([version, name]) => `types${version}@npm:${name}`);
  const [made, { packages, programs: installed }] = await Promise.all([
    makePackage({ root }),
    install(RUNTIMES, [...TOOLS, ...types]),
  ]);
  const registry = stack.use(await serveRegistry(root, made));
  const programs = new Map([[DENO, Deno.execPath()], ...installed]);
  const env = await environment({ directory, packages, programs, registry: registry.base });
  const typeRoots = await makeTypeRoots(directory, packages);
  const emptyFolder = () => makeFolder(directory, registry.base);
  const templates = await installPackage(emptyFolder, { directory, env });
  return {
    runtimes: [...programs.keys()],
    program: (runtime) => programs.get(runtime)!,
    env,
    emptyFolder,
    folderFor: async (runtime) => {
      const folder = await emptyFolder();
      await copyTemplate(runtime === DENO ? templates.deno : templates.node, folder.path);
      return folder;
    },
    typeRoots,
    compile: (cwd, words) => {
      const compiler = join(packages, "typescript/bin/tsc");
      return run([programs.get(NODE)!, compiler, ...words], { cwd, env });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What the environment is made of. */
interface Furniture {
  readonly directory: string;
  readonly packages: string;
  readonly programs: ReadonlyMap<string, string>;
  readonly registry: string;
}

/**
 * Commands find the runtimes of the tests before all others; what they fetch from the registry is
 * kept no longer than the workshop. What a npm that runs the gate tells its children is left out.
 */
async function environment(
  { directory, packages, programs, registry }: Furniture,
): Promise<Environment> {
  const commands = join(directory, COMMANDS);
  await mkdir(commands);
  const npm = (name: string) => `"${programs.get(NODE)}" "${join(packages, "npm/bin", name)}"`;
  const lines: Readonly<Record<string, string>> = {
    deno: `"${programs.get(DENO)}"`,
    bun: `"${programs.get("bun")}"`,
    node: `"${programs.get(NODE)}"`,
    npm: npm("npm-cli.js"),
    npx: npm("npx-cli.js"),
  };
  for (const [name, line] of Object.entries(lines)) {
    await writeFile(join(commands, name), `#!/bin/sh\nexec ${line} "$@"\n`);
    await chmod(join(commands, name), 0o755);
  }
  const inherited = Object.entries(ownEnvironment).filter(([name]) => !name.startsWith("npm_"));
  return {
    ...Object.fromEntries(inherited),
    PATH: [commands, "node_modules/.bin", ownEnvironment.PATH ?? ""].join(delimiter),
    NO_COLOR: "1",
    JSR_URL: registry,
    DENO_DIR: await makeDenoCache(directory),
    BUN_INSTALL_CACHE_DIR: join(directory, "bun-cache"),
    npm_config_cache: join(directory, "npm-cache"),
  };
}

/** Packages of npm are the same in any cache of Deno's; what the registry has is not. */
async function makeDenoCache(directory: string): Promise<string> {
  const cache = join(directory, "deno-cache");
  await mkdir(cache);
  const told = await mustEnd([Deno.execPath(), "info", "--json"], { cwd: directory });
  await symlink(JSON.parse(told.stdout).npmCache, join(cache, "npm"));
  return cache;
}

async function makeTypeRoots(directory: string, packages: string): Promise<Map<string, string>> {
  const roots = Object.keys(NODE_TYPES).map(async (version) => {
    const typeRoot = join(directory, `types${version}`);
    await mkdir(typeRoot);
    await symlink(await realpath(join(packages, `types${version}`)), join(typeRoot, "node"));
    return [version, typeRoot] as const;
  });
  return new Map(await Promise.all(roots));
}

/** Only what has our scope is asked from the registry; no script of a package is run. */
async function makeFolder(directory: string, registry: string): Promise<TemporaryDirectory> {
  const folder = await temporaryDirectory("folder-", directory);
  const scope = PACKAGE.split("/")[0];
  const lines = [`${scope}:registry=${registry}`, "ignore-scripts=true", "audit=false", ""];
  await writeFile(join(folder.path, ".npmrc"), lines.join("\n"));
  return folder;
}

/** Folders to copy from. */
interface Templates {
  readonly deno: Template;
  readonly node: Template;
}

interface Template {
  readonly folder: string;
  /** What is copied. */
  readonly files: readonly string[];
  /** What is linked to. */
  readonly links: readonly string[];
}

/** What installs. */
interface Installer {
  readonly directory: string;
  readonly env: Environment;
}

async function installPackage(
  emptyFolder: () => Promise<TemporaryDirectory>,
  { directory, env }: Installer,
): Promise<Templates> {
  const [{ path: deno }, { path: node }] = await Promise.all([emptyFolder(), emptyFolder()]);
  const command = (name: string) => join(directory, COMMANDS, name);
  await writeFile(join(node, "package.json"), '{ "private": true, "type": "module" }\n');
  const fromNpm = BESIDE.map((name) => `npm:${name}`);
  await Promise.all([
    mustEnd([command("deno"), "add", `jsr:${PACKAGE}`, ...fromNpm], { cwd: deno, env }),
    mustEnd([command("npm"), "install", PACKAGE, ...BESIDE], { cwd: node, env }),
  ]);
  return {
    deno: { folder: deno, files: ["deno.json", "deno.lock"], links: [] },
    node: { folder: node, files: ["package.json"], links: ["node_modules"] },
  };
}

async function copyTemplate({ folder, files, links }: Template, to: string): Promise<void> {
  await Promise.all([
    ...files.map((name) => copyFile(join(folder, name), join(to, name))),
    ...links.map((name) => symlink(join(folder, name), join(to, name))),
  ]);
}

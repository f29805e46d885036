/**
 * Somebody else's project: outside of the repository, with the package installed from its archive.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { env, execPath } from "node:process";
import { promisify } from "node:util";
import { makePackage, type NpmPackage } from "../../scripts/package/make_package.ts";
import { install } from "../../scripts/runtimes/install.ts";
import { RUNTIMES } from "../../scripts/runtimes/runtimes.ts";
import { ROOT } from "../support/examples.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

/** What such a project is made with. */
const TOOLS = ["npm@11.6.2", "typescript@5.9.3", "@types/node@24.10.1"];

/** Hosts of the modules that need one. */
const PEERS = ["@opentelemetry/api@1.9.1"];

const NPM = "npm/bin/npm-cli.js";

/** How a program ended. */
export interface Outcome {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** A project; leaving the scope of `await using` removes it. */
export interface Project extends AsyncDisposable {
  /** Its folder. */
  readonly root: string;
  /** What was installed in it. */
  readonly made: NpmPackage;
  /** Names of the runtimes, Deno among them. */
  readonly runtimes: readonly string[];
  /** The command that runs a script on a runtime, but for the script and its arguments. */
  command(runtime: string): readonly string[];
  /** Runs a script of the project, with its arguments, on a runtime. */
  run(runtime: string, words: readonly string[], input?: string): Promise<Outcome>;
  /** Runs a program of the project itself. */
  execute(program: string, words: readonly string[]): Promise<Outcome>;
  /** Runs a script of a package of tools on Node. */
  tool(words: readonly string[], input?: string): Promise<Outcome>;
  /** Path of a package of tools. */
  toolPath(name: string): string;
}

/**
 * Makes a project and installs the package in it, with no script of any package run.
 *
 * @param tools Packages of tools that it needs besides, as `name@version`.
 * @param packages Packages that are installed in it, as `name@version`.
 * @returns The project.
 */
export async function makeProject(
  { tools = [], packages = [] }: {
    readonly tools?: readonly string[];
    readonly packages?: readonly string[];
  } = {},
): Promise<Project> {
  const directory = await temporaryDirectory();
  try {
    const project = await prepare(directory, tools);
    const archive = "streambed.tgz";
    await writeFile(join(project.root, archive), project.made.archive);
    await writeFile(
      join(project.root, "package.json"),
      '{ "private": true, "type": "module", "name": "consumer" }\n',
    );
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    const words = ["install", ...flags, `./${archive}`, ...PEERS, ...packages];
    const { code, stderr } = await project.tool([NPM, ...words]);
    if (code !== 0) throw new Error(`Cannot install the package: ${stderr}`);
    return project;
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepare(
  directory: AsyncDisposable & { readonly path: string },
  tools: readonly string[],
): Promise<Project> {
  const [made, { packages, programs }] = await Promise.all([
    makePackage({ root: ROOT }),
    install(RUNTIMES, [...TOOLS, ...tools]),
  ]);
  const root = join(directory.path, "project");
  await mkdir(root);
  const commands = new Map<string, readonly string[]>([
    ["deno", [execPath, "run", "--quiet", "--allow-all", "--node-modules-dir=manual"]],
    ...[...programs].map(([name, program]) => [name, [program]] as const),
  ]);
  return {
    root,
    made,
    runtimes: [...commands.keys()],
    command: (runtime) => commands.get(runtime)!,
    execute: (program, words) => execute(root, [join(root, program), ...words]),
    run: (runtime, words, input) => execute(root, [...commands.get(runtime)!, ...words], input),
    tool: ([script, ...words], input) => {
      return execute(root, [programs.get("node22")!, join(packages, script), ...words], input);
    },
    toolPath: (name) => join(packages, name),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function execute(
  cwd: string,
  [program, ...words]: readonly string[],
  input = "",
): Promise<Outcome> {
  const running = promisify(execFile)(program, words, { cwd, env: environment(program) });
  running.child.stdin?.end(input);
  try {
    return { code: 0, ...await running };
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome;
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}

/**
 * The environment of a program: without what a npm that runs the tests tells its children, and with
 * the program's own `node` first.
 */
export function environment(program: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(([name]) => !name.startsWith("npm_"));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(program)}:${env.PATH ?? ""}`,
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
  };
}

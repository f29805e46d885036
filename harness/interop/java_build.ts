/**
 * The Java harness, built: found in a cache outside the checkout, or made there by Maven once per
 * RocketMQ version and per state of its sources. Where it cannot be had, the reason is said, for
 * tests to skip with.
 *
 * The cache is `$STREAMBED_TEST_CACHE`, else `streambed-tests` in `$XDG_CACHE_HOME` or `~/.cache`.
 * A build needs a JDK, Maven, and the first time Maven Central; afterwards everything runs offline
 * with Java alone.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { env as processEnv } from "node:process";
import { fileURLToPath } from "node:url";
import { cacheDirectory, type Environment } from "../support/cache_directory.ts";
import { withFileLock } from "../support/file_lock.ts";
import type { RocketmqVersion } from "../support/golden_manifest.ts";

const SOURCES = fileURLToPath(new URL("./java/", import.meta.url));
const BUILD_TIMEOUT_MS = 900_000;
/** How long a failed build is not tried again: without a network each attempt may take minutes. */
const FAILURE_LIFETIME_MS = 600_000;

/** A harness that can run. */
export interface AvailableHarness {
  /** It can. */
  readonly available: true;
  /** The RocketMQ release in it. */
  readonly version: RocketmqVersion;
  /** The `java` to run it with. */
  readonly java: string;
  /** The directory that holds `classes` and `lib`. */
  readonly directory: string;
  /** Nothing is missing. */
  readonly reason: "";
}

/** A harness that cannot be had on this machine. */
export interface MissingHarness {
  /** It cannot. */
  readonly available: false;
  /** What is missing. */
  readonly reason: string;
}

/** A harness, or why there is none. */
export type JavaHarness = AvailableHarness | MissingHarness;

const known = new Map<RocketmqVersion, Promise<JavaHarness>>();

/**
 * The harness for a RocketMQ version, built if need be. Asked again it does not look again.
 *
 * @param version The release.
 * @returns The harness, or the reason why there is none.
 * @throws {Error} If its own sources do not compile.
 */
export function javaHarness(version: RocketmqVersion): Promise<JavaHarness> {
  const harness = known.get(version) ?? locateHarness(version, processEnv);
  known.set(version, harness);
  return harness;
}

/**
 * Finds or builds a harness with the programs and the cache of an environment.
 *
 * @param version The release.
 * @param env Variables: `PATH`, `JAVA_HOME`, `HOME`, `XDG_CACHE_HOME`, `STREAMBED_TEST_CACHE`.
 * @returns The harness, or the reason why there is none.
 * @throws {Error} If its own sources do not compile.
 */
export async function locateHarness(
  version: RocketmqVersion,
  env: Environment,
): Promise<JavaHarness> {
  const java = findProgram("java", env);
  if (java === undefined) return missing("java is not on the PATH");

  const cache = cacheDirectory(env);
  const directory = join(cache, `rocketmq-${version}-${await sourceHash()}`);
  const harness: JavaHarness = { available: true, version, java, directory, reason: "" };
  if (existsSync(directory)) return harness;

  const maven = findProgram("mvn", env);
  if (maven === undefined) return missing("mvn is not on the PATH");
  if (findProgram("javac", env) === undefined) return missing("javac is not on the PATH");

  // One lock for all versions: Maven's local repository does not bear two writers.
  return await withFileLock(join(cache, "build.lock"), async () => {
    if (existsSync(directory)) return harness;
    const failure = await recentFailure(directory) ??
      await build({ version, maven, env, directory });
    return failure === undefined ? harness : missing(failure);
  });
}

interface BuildOptions {
  readonly version: RocketmqVersion;
  readonly maven: string;
  readonly env: Environment;
  readonly directory: string;
}

/** Builds beside the final place and renames, so that what is there is whole. */
async function build(options: BuildOptions): Promise<string | undefined> {
  const { version, maven, env, directory } = options;
  await mkdir(join(directory, ".."), { recursive: true });
  const staging = await mkdtemp(`${directory}.building-`);
  try {
    const failure = await runMaven(maven, env, [
      ...["--quiet", "--batch-mode", "package"],
      `-Drocketmq.version=${version}`,
      `-Dharness.build=${staging}`,
    ]);
    if (failure === undefined) await rename(join(staging, version), directory);
    else await writeFile(failurePath(directory), failure);
    return failure;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function recentFailure(directory: string): Promise<string | undefined> {
  const path = failurePath(directory);
  if (!existsSync(path)) return undefined;
  const { mtimeMs } = await stat(path);
  if (Date.now() - mtimeMs > FAILURE_LIFETIME_MS) return undefined;
  return `${await readFile(path, "utf8")} (remove ${path} to try again at once)`;
}

function failurePath(directory: string): string {
  return `${directory}.failed`;
}

function runMaven(
  maven: string,
  env: Environment,
  args: readonly string[],
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const options = { cwd: SOURCES, env: { ...env }, timeout: BUILD_TIMEOUT_MS };

  execFile(maven, [...args], options, (error, stdout, stderr) => {
    const output = `${stdout}\n${stderr}`;
    if (error === null) resolve(undefined);
    else if (output.includes("COMPILATION ERROR")) {
      reject(new Error(`Cannot build the Java harness: its sources do not compile\n${output}`));
    } else resolve(`mvn could not build the Java harness: ${firstError(output)}`);
  });
  return promise;
}

function firstError(output: string): string {
  const line = output.split("\n").find((text) => text.includes("[ERROR]")) ?? output;
  return line.replace("[ERROR]", "").trim().slice(0, 300);
}

/** A change to the harness's sources makes another build. */
async function sourceHash(): Promise<string> {
  const names = await readdir(SOURCES, { recursive: true });
  const hash = createHash("sha256");
  for (const name of names.filter((file) => /\.(java|xml)$/.test(file)).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(SOURCES, name)));
  }
  return hash.digest("hex").slice(0, 12);
}

function findProgram(name: string, env: Environment): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter);
  if (env.JAVA_HOME) folders.unshift(join(env.JAVA_HOME, "bin"));
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(reason: string): MissingHarness {
  return { available: false, reason: `${reason}: Apache RocketMQ cannot be run` };
}

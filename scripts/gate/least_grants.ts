/**
 * The store's tests once more in a Deno that may do little: FFI is granted for libc alone, so that
 * mapped memory is copied, and files for what the tests need.
 *
 * @module
 */
import { join } from "node:path";
import { type Counts, NOTHING } from "./counts.ts";
import { runTestFiles } from "./test_run.ts";

/** What is run: the store, what stands on it, and what it stands on. */
export const LEAST_GRANT_TESTS: readonly string[] = [
  "tests/adapters",
  "tests/conformance",
  "tests/crash/kill9_test.ts",
  "tests/crash/second_writer_test.ts",
  "tests/ffi",
  "tests/storage",
];

/**
 * These are about grants: they start programs with grants of their own, in the other run. Or about
 * an addon, which needs them all.
 */
const ABOUT_GRANTS = [
  "tests/ffi/alpine_image_test.ts",
  "tests/ffi/deno_test.ts",
  "tests/ffi/lz4_package_test.ts",
  "tests/storage/layout/lz4_test.ts",
  "tests/storage/permission",
];

/** They end a process at each of its calls, on a simulated libc that asks for no grants. */
const SIMULATED = /_crash_test\.ts$/;

/** Variable that tells the tests which grants they have, as JSON: their children get the same. */
const GRANTS_VARIABLE = "STREAMBED_DENO_GRANTS";

/** What is run, and where. */
export interface LeastGrantsOptions {
  /** Root of the project. */
  readonly root: string;
  /** Only tests whose name holds this text. */
  readonly filter?: string;
  /** Files or folders of tests; none means all. */
  readonly paths: readonly string[];
}

/**
 * Runs the tests.
 *
 * @param options What is run.
 * @returns The counts; nothing where no test was asked for that is run under these grants.
 */
export async function runUnderLeastGrants(options: LeastGrantsOptions): Promise<Counts> {
  const { root, filter, paths } = options;
  const chosen = chooseTests(root, paths);
  if (chosen.length === 0) return NOTHING;

  const scratch = await Deno.realPath(await Deno.makeTempDir({ prefix: "streambed-grants-" }));
  try {
    const grants = leastGrants(root, scratch);
    const args = [...grants, "--parallel", "--frozen", "--reporter=dot"];
    if (filter !== undefined) args.push("--filter", filter);
    const env = { TMPDIR: scratch, [GRANTS_VARIABLE]: JSON.stringify(grants) };
    const mayBeEmpty = filter !== undefined;
    return await runTestFiles({ args: [...args, ...chosen], cwd: root, scratch, env, mayBeEmpty });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/**
 * Chooses the tests that are run under these grants.
 *
 * @param root Root of the project.
 * @param paths Files or folders that were asked for; none means all.
 * @returns Files of tests, relative to the root.
 */
export function chooseTests(root: string, paths: readonly string[]): string[] {
  const asked = paths.map((path) => join(path, ".").replace(/\/$/, ""));
  return LEAST_GRANT_TESTS.flatMap((path) => testFiles(root, path))
    .filter((file) => !SIMULATED.test(file) && !ABOUT_GRANTS.some((path) => isBelow(file, path)))
    .filter((file) => asked.length === 0 || asked.some((path) => isBelow(file, path)));
}

/** The files of tests in a folder, or the one that the path names. */
function testFiles(root: string, path: string): string[] {
  try {
    const entries = Deno.readDirSync(join(root, path)).toArray();
    return entries.sort((one, other) => one.name < other.name ? -1 : 1).flatMap((entry) =>
      entry.isDirectory || entry.name.endsWith("_test.ts")
        ? testFiles(root, `${path}/${entry.name}`)
        : []
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) return [path];
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function leastGrants(root: string, scratch: string): string[] {
  return [
    "--no-prompt",
    `--allow-ffi=${libraryPath()}`,
    `--allow-read=${[root, scratch].join(",")}`,
    `--allow-write=${scratch}`,
    // What the tests themselves need: where to write, who they are, children to kill.
    "--allow-env",
    "--allow-sys=uid",
    "--allow-run",
  ];
}

/** The libc that this process itself was loaded with. */
function libraryPath(): string {
  const maps = Deno.readTextFileSync("/proc/self/maps");
  const path = / (\/\S*\/(?:libc\.so\.6|ld-musl-\S*\.so\.1))$/m.exec(maps)?.[1];
  if (path === undefined) throw new Error("Cannot find libc: no mapping of this process names it");
  return path;
}

function isBelow(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`);
}

/**
 * Which test files run beside Deno: a rule, and not a list.
 *
 * @module
 */
import type { Module } from "./transpile.ts";

const SIMULATION = "they run on a simulated libc";
/** Files of other folders that do, and end a process at each of its calls. */
const SIMULATED = /_crash_test\.ts$/;

/** Folders whose tests say nothing about a runtime, and why. */
const SAME_EVERYWHERE: readonly (readonly [folder: string, reason: string])[] = [
  ["tests/simulation/", SIMULATION],
  ["tests/content/", "they are about bytes on the disk"],
  ["tests/scripts/", "they are about the gate and the tasks, which are Deno's"],
  ["tests/examples/", "they start the runtimes themselves"],
  ["tests/package/", "they start the runtimes themselves"],
  ["tests/release/", "they are about the gate and the tasks, which are Deno's"],
  ["tests/runtimes/", "they start the runtimes themselves"],
];

/** A test file that does not run, and why. */
export interface LeftOut {
  /** Path from the root. */
  readonly file: string;
  /** Why not. */
  readonly reason: string;
}

/** What runs, and what does not. */
export interface TestChoice {
  /** Paths of the test files that run, from the root, in order. */
  readonly chosen: readonly string[];
  /** The others. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Chooses the test files: all but those that name Deno themselves or through what they import, and
 * those of folders that say nothing about a runtime.
 *
 * @param modules All modules.
 * @param paths Only these files, or what is in these folders; none means all.
 * @returns The choice.
 */
export function chooseTests(modules: readonly Module[], paths: readonly string[]): TestChoice {
  const byPath = new Map(modules.map((module) => [module.source, module]));
  const wanted = paths.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  const files = modules.map(({ source }) => source)
    .filter((file) => file.startsWith("tests/") && file.endsWith("_test.ts"))
    .filter((file) =>
      wanted.length === 0 || wanted.some((path) => file === path || file.startsWith(`${path}/`))
    )
    .sort();

  const leftOut: LeftOut[] = [];
  const chosen = files.filter((file) => {
    const reason = whyNot(byPath, file);
    if (reason !== undefined) leftOut.push({ file, reason });
    return reason === undefined;
  });
  return { chosen, leftOut };
}

function whyNot(modules: ReadonlyMap<string, Module>, file: string): string | undefined {
  const folder = SAME_EVERYWHERE.find(([folder]) => file.startsWith(folder));
  if (folder !== undefined) return folder[1];
  if (SIMULATED.test(file)) return SIMULATION;
  const culprit = firstNamingDeno(modules, file);
  if (culprit === undefined) return undefined;
  return culprit === file ? "it names Deno" : `${culprit} names Deno`;
}

/** The first module that names Deno of all that are loaded with a file. */
function firstNamingDeno(modules: ReadonlyMap<string, Module>, file: string): string | undefined {
  const seen = new Set([file]);
  for (const path of seen) {
    const module = modules.get(path);
    if (module?.namesDeno) return path;
    module?.imports.forEach((imported) => seen.add(imported));
  }
  return undefined;
}

/**
 * Sums up what does not run.
 *
 * @param leftOut The files.
 * @returns A line a reason, the most frequent first: `36 files: they run on a simulated libc`.
 */
export function summarizeLeftOut(leftOut: readonly LeftOut[]): string[] {
  const byReason = Map.groupBy(leftOut, ({ reason }) => reason);
  return [...byReason]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([reason, files]) =>
      files.length > 4
        ? `${files.length} files: ${reason}`
        : `${files.map(({ file }) => file).join(", ")}: ${reason}`
    );
}

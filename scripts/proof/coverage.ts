/**
 * Prints how many branches of what decides about bytes and ends of the log the tests take, and
 * fails where one is never taken: `deno task coverage:proof`.
 *
 * A branch is what V8 counts: both ways of an `if`, `?:`, `&&`, `||`, `??` and each `case`, as far
 * as there is code in it. An `assert()` is a call and has no branch. Nothing is left out: no file,
 * no line.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, takeNone } from "../task_arguments.ts";
import { type FileCoverage, parseLcov } from "./lcov.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Folders and files in which every branch must be taken. */
const PROVEN = [
  "storage/layout",
  "storage/life/last_writer.ts",
  "storage/life/own_records.ts",
  "storage/life/repair.ts",
  "storage/log/batch_tracker.ts",
  "storage/log/judge_tail.ts",
  "storage/log/search.ts",
  "storage/log/segment_reader.ts",
  "storage/log/walk.ts",
];
/** Folders that are only printed. */
const SHOWN = ["storage/directory", "storage/life"];
/** Tests that come to them. */
const TESTS = [
  "tests/storage/layout",
  "tests/storage/log",
  "tests/storage/life",
  "tests/storage/damage",
  "tests/content/regressions_test.ts",
];

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  readArguments(Deno.args, "deno task coverage:proof", takeNone);
  const folder = mkdtempSync(join(tmpdir(), "streambed-coverage-"));
  try {
    const tests = await deno([
      "test",
      "-A",
      "--quiet",
      "--parallel",
      `--coverage=${folder}`,
      ...TESTS,
    ]);
    if (tests.code !== 0) {
      console.log(tests.output);
      console.log("Cannot count branches: a test failed");
      return 1;
    }
    const { output } = await deno(["coverage", "--lcov", `--include=${ROOT}storage/`, folder]);
    return judge(parseLcov(output).map((file) => ({ ...file, path: relative(ROOT, file.path) })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(files: readonly FileCoverage[]): number {
  let missedCount = 0;
  for (const folder of [...PROVEN, ...SHOWN]) {
    const inside = files.filter(({ path }) => `${path}/`.startsWith(`${folder}/`));
    const total = inside.reduce((sum, { branchCount }) => sum + branchCount, 0);
    const missed = inside.flatMap(({ path, missedBranches, missedLines }) =>
      [...new Set([...missedBranches, ...missedLines])].map((line) => `${path}:${line}`)
    );
    const taken = total -
      inside.reduce((sum, { missedBranches }) => sum + missedBranches.length, 0);
    const share = total === 0 ? 0 : 100 * taken / total;
    console.log(`${folder}: ${taken} of ${total} branches, ${share.toFixed(1)} %`);
    if (!PROVEN.includes(folder)) continue;
    for (const place of missed) console.log(`  never taken: ${place}`);
    missedCount += total === 0 ? 1 : missed.length;
  }
  console.log(
    missedCount === 0 ? "every branch is taken" : `${missedCount} places are never taken`,
  );
  return missedCount === 0 ? 0 : 1;
}

async function deno(args: readonly string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + (code === 0 ? "" : text.decode(stderr)) };
}

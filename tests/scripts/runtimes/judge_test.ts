/**
 * How a run of a test file on Node or Bun is judged, on what these write, and on runs that cannot
 * be believed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import pLimit from "npm:p-limit@7.3.3";
import { runsOn } from "../../../scripts/runtimes/check_runtimes.ts";
import { judgeFile, runTestFiles } from "../../../scripts/runtimes/run_tests.ts";
import { type ProcessEnd, type Runtime, RUNTIMES } from "../../../scripts/runtimes/runtimes.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const NODE = runtimeNamed("node24");
const BUN = runtimeNamed("bun");

function runtimeNamed(name: string): Runtime {
  const runtime = RUNTIMES.find((candidate) => candidate.name === name);
  assert.ok(runtime !== undefined, name);
  return runtime;
}

function ended(change: Partial<ProcessEnd>): ProcessEnd {
  return { code: 0, signal: null, stdout: "", stderr: "", ...change };
}

function tap(pass: number, fail: number, cancelled: number, skipped: number): string {
  const total = pass + fail + cancelled + skipped;
  return `TAP version 13\n# Subtest: a\nok 1 - a\n1..${total}\n# tests ${total}\n# suites 0\n` +
    `# pass ${pass}\n# fail ${fail}\n# cancelled ${cancelled}\n# skipped ${skipped}\n# todo 0\n` +
    `# duration_ms 9.895057\n`;
}

test("RUNTIMES are Node 22, 24 and 26, and Bun, each with one exact version", () => {
  assert.deepEqual(RUNTIMES.map(({ name }) => name), ["node22", "node24", "node26", "bun"]);
  for (const { version } of RUNTIMES) assert.match(version, /^\d+\.\d+\.\d+$/);
});

test("runsOn() takes all tests on the oldest Node and on Bun, and on later ones those of folders that exist", () => {
  const [node22, node24, node26, bun] = RUNTIMES;
  for (const runtime of [node22, bun]) assert.ok(runsOn(runtime, "tests/storage/a_test.ts"));
  const root = new URL("../../../", import.meta.url);
  for (const later of [node24, node26]) {
    assert.equal(runsOn(later, "tests/storage/a_test.ts"), false);
    for (const folder of later.folders ?? []) {
      assert.ok(existsSync(new URL(folder, root)), folder);
      assert.ok(runsOn(later, `${folder}a_test.ts`));
    }
  }
});

test("judgeFile() reads what Node writes; what was cancelled has failed", () => {
  const good = judgeFile(NODE, ended({ stdout: tap(3, 0, 0, 1) }));
  assert.deepEqual(good, { counts: { passed: 3, failed: 0, skipped: 1 } });
  const bad = judgeFile(NODE, ended({ code: 1, stdout: tap(1, 2, 1, 0) }));
  assert.deepEqual(bad, { counts: { passed: 1, failed: 3, skipped: 0 } });
});

test("judgeFile() takes the end of the output for the runner's, as tests print what they like", () => {
  const printed = `${tap(100, 0, 0, 0)}${tap(1, 2, 0, 0)}`;
  const { counts } = judgeFile(NODE, ended({ code: 1, stdout: printed }));
  assert.deepEqual(counts, { passed: 1, failed: 2, skipped: 0 });
  const after = judgeFile(NODE, ended({ stdout: `${tap(100, 0, 0, 0)}and then it died` }));
  assert.match(after.problem ?? "", /no counts/);
});

test("judgeFile() reads what Bun writes", () => {
  const stderr = "x_test.js:\n(pass) a [0.1ms]\n\n 12 pass\n 1 skip\n 0 fail\n" +
    " 30 expect() calls\nRan 13 tests across 1 file. [20.00ms]\n";
  const { counts, problem } = judgeFile(BUN, ended({ stderr }));
  assert.deepEqual([counts, problem], [{ passed: 12, failed: 0, skipped: 1 }, undefined]);
});

test("judgeFile() fails a run that says nothing, was killed, or ends badly after good tests", () => {
  for (const runtime of [NODE, BUN]) {
    const silent = judgeFile(runtime, ended({ stdout: "hello\n" }));
    assert.equal(silent.counts.failed, 1);
    assert.match(silent.problem ?? "", /no counts could be read \(exit code 0\)/);
  }
  const killed = judgeFile(NODE, ended({ code: null, signal: "SIGKILL", stdout: "ok 1 - a\n" }));
  assert.match(killed.problem ?? "", /SIGKILL/);
  const late = judgeFile(NODE, ended({ code: 7, stdout: tap(3, 0, 0, 0) }));
  assert.deepEqual(late.counts, { passed: 3, failed: 1, skipped: 0 });
  assert.match(late.problem ?? "", /exit code 7/);
});

test("Runtime.arguments() passes a filter on, a text as a text and a pattern as a pattern", () => {
  const [text, pattern] = ["a.b()", "/^a.*b$/"].map((filter) =>
    [NODE, BUN].map((runtime) => runtime.arguments("x.js", filter).join(" "))
  );
  for (const words of text) assert.ok(words.includes("a\\.b\\(\\)"), words);
  for (const words of pattern) assert.ok(words.includes("^a.*b$") && !words.includes("/^"), words);
});

test("runTestFiles() adds up all files, tells the whole output of those that failed, and kills what hangs", async () => {
  await using dir = await temporaryDirectory();
  const program = `${dir.path}/program`;
  // Stands for Node: does what the file's name says.
  const good = tap(2, 0, 0, 1);
  const script =
    `#!/bin/sh\ncase $2 in good*) printf '%s' '${good}';; bad) echo detail; exit 1;; ` +
    "hang) exec sleep 600;; esac\n";
  writeFileSync(program, script);
  chmodSync(program, 0o755);

  const told: string[] = [];
  const request = {
    runtime: NODE,
    program,
    directory: dir.path,
    files: ["good1", "bad", "hang", "good2"],
    filter: undefined,
    env: {},
    lanes: pLimit(2),
    timeoutMs: 2_000,
  };
  const counts = await runTestFiles(request, (text) => told.push(text));
  assert.deepEqual(counts, { passed: 4, failed: 2, skipped: 2 });
  assert.equal(told.length, 3);
  assert.match(told[2], /^node24 took longest for hang \(\d+ s\), /);
  assert.match(told.join("\n"), /node24: bad: no counts could be read \(exit code 1\)\ndetail/);
  assert.match(told.join("\n"), /node24: hang: no counts could be read \(SIGKILL\)/);
});

/**
 * The task that plants faults: ten of them, what counts as caught, and that it leaves nothing
 * behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { judgeRun, whyUnsound } from "../../../scripts/mutate/catcher.ts";
import { runProgram } from "../../../scripts/mutate/program.ts";
import { PLANTED_FAULTS, SAMPLE } from "../../../harness/faults/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const TESTS = { tests: ["tests/a_test.ts"] };

test("mutate --sample sees ten planted faults caught, each by a test", async () => {
  await using child = spawnScript("scripts/mutate.ts", ["--sample"]);
  const lines = await child.remainingLines();
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, lines.join("\n") + stderr);
  const caught = lines.filter((line) => /^caught \S+ by \S.* \(tests\/\S+_test\.ts\)$/.test(line));
  assert.equal(caught.length, SAMPLE.length, lines.join("\n"));
  assert.equal(lines.at(-1), "10 of 10 planted faults caught, 0 equivalent");
});

test("mutate leaves nothing behind when it is stopped", async () => {
  await using directory = await temporaryDirectory();
  const env = { TMPDIR: directory.path };
  await using child = spawnScript("scripts/mutate.ts", ["--sample"], { env });
  const first = await child.nextLine();
  assert.match(first ?? "", /^caught /);
  assert.ok(readdirSync(directory.path).length > 0, "It works in copies");
  child.kill("SIGINT");
  const { code, stderr } = await child.wait();
  assert.equal(code, 130, stderr);
  assert.deepEqual(readdirSync(directory.path), []);
});

test("mutate --list tells the faults and plants none", async () => {
  await using child = spawnScript("scripts/mutate.ts", ["--list"]);
  const lines = await child.remainingLines();
  assert.equal(lines.length, PLANTED_FAULTS.length);
});

test("mutate refuses a fault that is not in the list", async () => {
  await using child = spawnScript("scripts/mutate.ts", ["--only", "nothing of that name"]);
  const { code, stderr } = await child.wait();
  assert.equal(code, 2);
  assert.match(stderr, /Cannot plant "nothing of that name"/);
});

test("judgeRun() takes a failed test, a signal and a hang for a catch, and no exit code alone", () => {
  const judge = (how: Parameters<typeof judgeRun>[1]["how"], output = "") =>
    judgeRun(TESTS, { how, output, durationMs: 1 });
  assert.deepEqual(
    judge(1, "# ./tests/a_test.ts\nok 1 - a\nnot ok 2 - b does\n# ./tests/b_test.ts\n"),
    {
      isCaught: true,
      told: "b does (tests/a_test.ts)",
    },
  );
  assert.deepEqual(judge("SIGSEGV"), { isCaught: true, told: "ends with SIGSEGV" });
  assert.deepEqual(judge("hang"), { isCaught: true, told: "hangs" });
  assert.equal(judge(0, "ok 1 - a\n").isCaught, false);
  assert.equal(judge(1, "error: Cannot find module\n").isCaught, false);
  const sim = { explorer: ["--seeds", "1..2"], kinds: ["lost"] };
  const told = "seed 2: I1 (every acknowledged message is there): lost: message 3";
  const end = { how: 1, output: `${told}\n`, durationMs: 1 };
  assert.deepEqual(judgeRun(sim, end), { isCaught: true, told });
  assert.equal(judgeRun({ ...sim, kinds: ["gap"] }, end).isCaught, false);
});

test("whyUnsound() believes no tests that fail without a fault", () => {
  const end = { how: 1, output: "not ok 1 - a does\n", durationMs: 1 };
  assert.equal(whyUnsound(TESTS, end), "a does");
  assert.equal(whyUnsound(TESTS, { ...end, how: 0, output: "ok 1 - a does\n" }), undefined);
  assert.match(whyUnsound(TESTS, { ...end, how: "hang", output: "" }) ?? "", /^hang/);
});

test("runProgram() ends what hangs, with all that it has started", async () => {
  await using directory = await temporaryDirectory();
  const code = "new Deno.Command('sleep', { args: ['1000'] }).spawn(); setInterval(() => {}, 1e6)";
  const { how } = await runProgram(["eval", code], {
    cwd: directory.path,
    scratch: directory.path,
    limitMs: 1000,
    signal: new AbortController().signal,
  });
  assert.equal(how, "hang");
});

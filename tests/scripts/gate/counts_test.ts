/**
 * Reading the numbers of a run: every form of the runner's summary, and runs that cannot be
 * believed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addCounts,
  formatCounts,
  judgeTestRun,
  NOTHING,
  parseTestSummary,
} from "../../../scripts/gate/counts.ts";
import { summarizeSkips } from "../../../scripts/gate/skip_log.ts";

test("parseTestSummary() reads every form of the summary", () => {
  const forms: readonly (readonly [string, number, number, number])[] = [
    ["ok | 5 passed | 0 failed (8ms)", 5, 0, 0],
    ["ok | 5 passed (3 steps) | 0 failed | 6 ignored (4 steps) (8ms)", 5, 0, 10],
    ["ok | 1 passed (1 step) | 0 failed | 0 ignored (1 step) (1m3s)", 1, 0, 1],
    ["FAILED | 0 passed | 1 failed (1 step) (8ms)", 0, 1, 0],
    [
      "FAILED | 12 passed (2 steps) | 3 failed (1 step) | 2 ignored | 7 filtered out (2s)",
      12,
      3,
      2,
    ],
    ["ok | 1 passed | 0 failed | 30 filtered out (1ms)", 1, 0, 0],
    ["ok | 0 passed | 0 failed | 34 filtered out (0ms)", 0, 0, 0],
    ["ok | 1 passed | 0 failed | 2 measured (0ms)", 1, 0, 0],
    ["ok | 1 passed | 0 failed", 1, 0, 0],
  ];
  for (const [line, passed, failed, skipped] of forms) {
    assert.deepEqual(
      parseTestSummary(`a ... ok\n\n${line}\n\n`),
      { passed, failed, skipped },
      line,
    );
  }
});

test("parseTestSummary() reads through colors", () => {
  const line = "\x1b[0m\x1b[32mok\x1b[0m | 5 passed | 0 failed \x1b[0m\x1b[38;5;245m(8ms)\x1b[0m\n";
  assert.deepEqual(parseTestSummary(line), { passed: 5, failed: 0, skipped: 0 });
});

test("parseTestSummary() takes the last summary, as tests print what they like", () => {
  const stdout = "ok | 100 passed | 0 failed (1ms)\nFAILED | 1 passed | 2 failed (8ms)\n";
  assert.deepEqual(parseTestSummary(stdout), { passed: 1, failed: 2, skipped: 0 });
});

test("parseTestSummary() does not guess", () => {
  for (
    const stdout of ["", "5 passed, 0 failed", "say ok | 5 passed | 0 failed", "ok | 5 passed"]
  ) {
    assert.equal(parseTestSummary(stdout), undefined, stdout);
  }
});

test("judgeTestRun() believes a run whose summary and exit code agree", () => {
  const good = { code: 0, stdout: "ok | 2 passed | 0 failed | 1 ignored (8ms)\n" };
  assert.deepEqual(judgeTestRun(good), { counts: { passed: 2, failed: 0, skipped: 1 } });

  const bad = { code: 1, stdout: "FAILED | 2 passed | 3 failed (8ms)\n" };
  assert.deepEqual(judgeTestRun(bad), { counts: { passed: 2, failed: 3, skipped: 0 } });
});

test("judgeTestRun() fails a run without a summary, whatever its exit code", () => {
  for (const code of [0, 1, 137]) {
    const verdict = judgeTestRun({ code, stdout: "a ... ok\n" });
    assert.deepEqual(verdict.counts, { passed: 0, failed: 1, skipped: 0 });
    assert.match(verdict.problem ?? "", /no summary/);
  }
});

test("judgeTestRun() fails a run that ends badly after all its tests passed", () => {
  const verdict = judgeTestRun({ code: 1, stdout: "ok | 2 passed | 0 failed (8ms)\n" });
  assert.deepEqual(verdict.counts, { passed: 2, failed: 1, skipped: 0 });
  assert.match(verdict.problem ?? "", /exit code 1/);
});

test("judgeTestRun() fails a run that ran nothing, or skipped all", () => {
  for (const ignored of ["", " | 4 ignored"]) {
    const verdict = judgeTestRun({ code: 0, stdout: `ok | 0 passed | 0 failed${ignored} (1ms)\n` });
    assert.equal(verdict.counts.failed, 1);
    assert.equal(verdict.problem, "no test ran");
  }
});

test("formatCounts() writes the closing line", () => {
  const total = addCounts(NOTHING, { passed: 5, failed: 1, skipped: 0 });
  assert.equal(formatCounts(total), "5 passed, 1 failed");
  assert.equal(
    formatCounts(addCounts(total, { passed: 1, failed: 0, skipped: 2 })),
    "6 passed, 1 failed, 2 skipped",
  );
});

test("summarizeSkips() groups reasons, the most frequent first", () => {
  const log = ["no java", "no \n bun", "no java"].map((reason) => JSON.stringify(reason) + "\n");
  assert.deepEqual(summarizeSkips(log.join("")), ["2 skipped: no java", "1 skipped: no \n bun"]);
  assert.deepEqual(summarizeSkips(""), []);
});

/**
 * Goals against worked examples.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodeOf, type GoalResult, judgeGoals } from "../../../scripts/bench/goals.ts";
import { formatGoal } from "../../../scripts/bench/report.ts";
import { row, scene } from "./rows.ts";

function goal(goals: readonly GoalResult[], claim: string): GoalResult | undefined {
  return goals.find((one) => one.claim === claim);
}

test("judgeGoals() tells what is reached from what is missed, which only --strict punishes", () => {
  const judged = (mapped: number) =>
    goal(
      judgeGoals([scene("pipe-web", [row("staged", 100), row("mapped", mapped)])]),
      "pipe-web: the slower of staged and mapped / the other",
    )!;
  assert.deepEqual(judged(95), {
    claim: "pipe-web: the slower of staged and mapped / the other",
    goal: "at least 0.95",
    value: 0.95,
    isReached: true,
  });
  const [reached, missed] = [judged(125), judged(94)];
  assert.equal(reached.isReached, false);
  assert.equal(missed.isReached, false);
  assert.equal(exitCodeOf([judged(100), missed], false), 0);
  assert.equal(exitCodeOf([judged(100), missed], true), 1);
  assert.equal(exitCodeOf([judged(100)], true), 0);
  assert.match(formatGoal(judged(100)), /^PASS {4}1\.00 {2}pipe-web: .* \(at least 0\.95\)$/);
  assert.match(formatGoal(missed), /^MISS {4}0\.94 {2}pipe-web: /);
});

test("judgeGoals() adds up what a dropping pipe and appendAll take for one message", () => {
  const rows = [row("staged", 300), row("dropping pipe", 1000), row("appendAll", 500)];
  const claim = "pipe-web: staged / the dropping pipe and appendAll together";
  const together = goal(judgeGoals([scene("pipe-web", rows)]), claim);
  // One after the other they take 1/1000 and 1/500 s: 333 a second.
  assert.ok(Math.abs(together!.value - 0.9) < 1e-9);
});

test("judgeGoals() asks for today's rates only where another checkout took part", () => {
  const claim = "keys: staged / the other checkout";
  const alone = judgeGoals([scene("keys", [row("staged", 170)])]);
  assert.equal(goal(alone, claim), undefined);
  const spread = { min: 90, median: 100, max: 110 };
  const compared = row("staged", 170, { there: { rate: spread, ratio: 1.7 } });
  assert.equal(goal(judgeGoals([scene("keys", [compared])]), claim)?.isReached, true);
  const missing = row("staged", 170, { there: { missing: "it is older" } });
  assert.equal(goal(judgeGoals([scene("keys", [missing])]), claim), undefined);
});

test("judgeGoals() publishes a ratio without a goal, and never fails by it", () => {
  const rows = [row("staged", 1), row("SQLite", 2, { kind: "peer" })];
  const published = goal(judgeGoals([scene("flushed-1", rows)]), "flushed-1: staged / SQLite")!;
  assert.deepEqual([published.goal, published.value, published.isReached], [undefined, 0.5, true]);
  assert.match(formatGoal(published), /^ {8}0\.50 {2}flushed-1/);
});

test("judgeGoals() takes the most memory of ours, and not that of others", () => {
  const claim = "memory outside of mappings, any workload, MiB";
  const judged = (mebibytes: number) =>
    goal(
      judgeGoals([scene("read", [
        row("read", 1, { memoryByteLength: mebibytes * 1024 * 1024 }),
        row("borrow", 1),
        row("RocketMQ", 1, { kind: "peer", memoryByteLength: 1e9 }),
      ])]),
      claim,
    )!;
  assert.deepEqual([judged(150).value, judged(150).isReached], [150, true]);
  assert.equal(judged(151).isReached, false);
});

/**
 * A command that writes: it changes nothing if it is refused, says what its opening has delivered,
 * and tells what is unknown from what is not there.
 *
 * Tests: `cli_error.ts`, `delivery_count.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { treeOf } from "../../harness/support/tree.ts";
import { openGolden } from "../support/golden.ts";
import { linesOf, runCli } from "./cli_child.ts";
import { said } from "./said.ts";

const DELIVERED = "delivered 4 delayed messages, due by now";
/** In `broker-5.5.0`, whose delayed messages are all due. */
const REFUSED: readonly (readonly [command: string, code: number, words: RegExp])[] = [
  ["groups --reset GA TopicA --to 500", 1, /ends at offset 34, before 500; say --to latest, or/],
  ["groups --reset GA TopicA --to 1795304366000", 1, /; say --to 1795304366000ms for that time,/],
  ["groups --reset GA TopicQ --to latest", 1, /topic "TopicQ" has no such queue/],
  ["append TopicA --queue 9", 1, /it has queues 0 to 1/],
  ["dlq NOPE --replay --all", 1, /the store has nothing of it/],
  ["retry NOPE --drop --position 7", 1, /the store has nothing of it/],
  ["cat TopicQ --group GA", 1, /the store does not have it/],
  ["cat TopicA --group GA --from 3", 2, /it goes on at offset/],
];

test("streambed changes nothing where it is refused for what it is asked", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const before = treeOf(golden.root);
  for (const [command, code, words] of REFUSED) {
    const [found, text] = await said([...command.split(" "), "-d", golden.root]);
    assert.match(text, words);
    assert.equal(found, code, command);
    assert.deepEqual(treeOf(golden.root), before, command);
  }
});

test("streambed says what it has delivered, whatever opens the store for writing", async () => {
  for (
    const command of [
      "rebuild",
      "groups --reset GA TopicA --to latest",
      "cat TopicX --group new --limit 0",
      "dlq GA --drop --all",
    ]
  ) {
    await using golden = await openGolden("broker-5.5.0");
    const [code, text] = await said([...command.split(" "), "-d", golden.root]);
    assert.equal(code, 0, `${command}: ${text}`);
    assert.equal(linesOf(text).filter((line) => line === DELIVERED).length, 1, text);
    const [, again] = await said([...command.split(" "), "-d", golden.root]);
    assert.doesNotMatch(again, /delivered/, command);
  }
});

test("streambed append --json names the topic that messages are in, or how many there are", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const append = async (lines: readonly object[]) => {
    const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const { err } = await runCli(["append", "TopicA", "--json", "-d", golden.root], { input });
    return linesOf(err)[0];
  };
  const own = { body: "x" };
  const others = [{ topic: "B", body: "x" }, { topic: "C", body: "x", delayMs: 5000 }];
  assert.match(await append([own, ...others]), /^appended 3 messages, .* to 3 topics, flushed$/);
  assert.match(await append(others.slice(1)), /^appended 1 message, .* to C, flushed$/);
  assert.match(await append([]), /^appended 0 messages, .* to TopicA, flushed$/);
});

test("streambed groups says that progress is unknown where no file of it can be read", async () => {
  await using golden = await openGolden("broker-5.5.0");
  for (const name of ["consumerOffset.json", "consumerOffset.json.bak"]) {
    writeFileSync(join(golden.root, "config", name), "{");
  }
  for (const args of [[], ["GA"], ["--json"]]) {
    const { code, out, err } = await runCli(["groups", ...args, "-d", golden.root]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^streambed: Cannot list groups: how far they have read is unknown/m);
  }
  const [code, text] = await said(
    ["groups", "--reset", "GA", "TopicA", "--to", "latest", "-d", golden.root],
  );
  assert.equal(code, 0, text);
  assert.doesNotMatch(text, /is new, nothing has read as it/);
});

test("streambed exits 3 where the log is not there, and says how to name its directories", async () => {
  await using golden = await openGolden("broker-5.5.0");
  rmSync(join(golden.root, "commitlog"), { recursive: true });
  mkdirSync(join(golden.root, "commitlog"));
  const target = `${golden.root}-new`;
  for (const command of ["verify", "rebuild", "ls", "append t", `salvage ${target}`]) {
    const { code, out, err } = await runCli([...command.split(" "), "-d", golden.root]);
    assert.equal(code, 3, command);
    assert.match(`${out}${err}`, /name the log's directories with --log-directories/, command);
  }
});

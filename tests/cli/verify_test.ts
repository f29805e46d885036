/**
 * What `verify` says in one word, and what it counts.
 *
 * Tests: `cli/verify_command.ts`, `storage/verify/report.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { indexEntryOffset } from "../../storage/layout/mod.ts";
import { openGolden } from "../support/golden.ts";
import { flip, patch, segmentPath } from "../storage/verify/store_builder.ts";
import { linesOf, objectsOf, runCli } from "./cli_child.ts";

async function verdictOf(root: string): Promise<[verdict: unknown, code: number, last: string]> {
  const [words, json] = await Promise.all([
    runCli(["verify", "-d", root]),
    runCli(["verify", "-d", root, "--json"]),
  ]);
  assert.equal(words.code, json.code);
  return [objectsOf(json.out)[0].verdict, json.code, linesOf(words.out).at(-1)!];
}

test("streambed verify calls sound only what has nothing to be made anew", async () => {
  const damages: readonly ((root: string) => void)[] = [
    (root) => rmSync(join(root, "consumequeue"), { recursive: true }),
    (root) => rmSync(join(root, "index"), { recursive: true }),
    (root) => {
      // A slot of an index that no orderly end vouches for.
      writeFileSync(join(root, "abort"), "1");
      flip(root, join("index", readdirSync(join(root, "index"))[0]), 43);
    },
  ];
  for (const damage of damages) {
    await using golden = await openGolden("tx-5.5.0");
    assert.deepEqual(await verdictOf(golden.root), ["sound", 0, "sound"]);
    damage(golden.root);
    const [verdict, code, last] = await verdictOf(golden.root);
    assert.deepEqual([verdict, code], ["repairable", 0], last);
    assert.match(last, /^repairable: the log is sound, and rebuild makes anew what is derived/);
    assert.equal((await runCli(["rebuild", "-d", golden.root, "-q"])).code, 0);
    assert.deepEqual(await verdictOf(golden.root), ["sound", 0, "sound"]);
  }
});

/** Flips a byte of each kind in what is derived from a log that was closed in order. */
const FLIPS: readonly (readonly [what: string, path: RegExp, offset: number])[] = [
  ["position of a queue's entry", /^consumequeue\/TopicA\/0\//, 10 * 20 + 7],
  ["tags code of a queue's entry", /^consumequeue\/TopicA\/0\//, 10 * 20 + 19],
  ["time of an index entry", /^index\//, indexEntryOffset(100, 7) + 15],
  ["chain of an index entry", /^index\//, indexEntryOffset(100, 7) + 19],
];

for (const [what, path, offset] of FLIPS) {
  test(`streambed verify calls a wrong ${what} repairable, and rebuild repairs it`, async () => {
    await using golden = await openGolden("broker-5.5.0");
    const file = golden.manifest.files.find((one) => path.test(one.path))!;
    flip(golden.root, file.path, offset);
    const { code, out } = await runCli(["verify", "-d", golden.root]);
    assert.match(out, /^damage: /m);
    assert.match(linesOf(out).at(-1)!, /^repairable: /);
    assert.equal(code, 0);
    assert.equal((await runCli(["rebuild", "-d", golden.root, "-q"])).code, 0);
    assert.deepEqual(await verdictOf(golden.root), ["sound", 0, "sound"]);
  });
}

test("streambed verify names the one queue file that was cut off, the first as well as another", async () => {
  await using whole = await openGolden("broker-5.5.0");
  const [topic] = readdirSync(join(whole.root, "consumequeue")).sort();
  const [queueId] = readdirSync(join(whole.root, "consumequeue", topic)).sort();
  for (const [queue, byteLength] of [["TopicA/0", 205], [`${topic}/${queueId}`, 200]] as const) {
    await using golden = await openGolden("broker-5.5.0");
    truncateSync(join(golden.root, "consumequeue", queue, "0".repeat(20)), byteLength);
    const { code, out } = await runCli(["verify", "-d", golden.root]);
    assert.equal(code, 0);
    assert.deepEqual(
      linesOf(out).filter((line) => line.startsWith("damage: ")),
      [
        `damage: consumequeue/${queue}: "${
          "0".repeat(20)
        }" has ${byteLength} bytes, a file of a queue has ` +
        "2000 here; streambed rebuild makes the queue anew",
      ],
    );
  }
});

/** What hits the record at position 8920, whose length is 447 bytes, or what follows it. */
const HITS: readonly (readonly [what: string, at: number, bytes: Uint8Array, next?: number])[] = [
  ["a wrong length", 8922, new Uint8Array([0x55]), 9367],
  ["a page of zeros", 12_288, new Uint8Array(4096), 16_519],
  ["a log that was cut off", 20_000, new Uint8Array(100_000)],
];

for (const [what, at, bytes, next] of HITS) {
  test(`streambed verify of ${what} blames the log alone, and promises no mending`, async () => {
    await using golden = await openGolden("broker-5.5.0");
    patch(golden.root, segmentPath(0, 65_536), at, bytes);
    const { code, out } = await runCli(["verify", "-d", golden.root]);
    assert.equal(code, 3);
    const onwards = next === undefined ? "nothing whole follows" : `read again from ${next}`;
    assert.match(out, new RegExp(`^damage: commitlog/.* read on.*; .*${onwards}$`, "m"));
    assert.match(linesOf(out).at(-1)!, /; restore a backup, or .* with streambed salvage$/);
    assert.doesNotMatch(out, /next writer|rebuild|beyond the end of the log at/);
    if (next === undefined) return;
    assert.match(out, / from 0 to 46897 .*^queues: 12, \d+ entries right, 0 missing, 0 wrong$/ms);
    assert.equal((await runCli(["rebuild", "-d", golden.root, "-q"])).code, 3);
  });
}

/** What verify notes of a log whose message 20 of TopicA/0 says another offset. */
async function verifyOdd(offset: number, hasEntries: boolean): Promise<string[]> {
  await using golden = await openGolden("basic-5.3.3");
  const { records } = golden.manifest.java;
  const { off } = records.filter(({ topic, queueId }) => topic === "TopicA" && queueId === 0)[20];
  // The last byte of the queue offset.
  patch(golden.root, segmentPath(off, 65_536), off % 65_536 + 27, new Uint8Array([offset]));
  if (!hasEntries) rmSync(join(golden.root, "consumequeue/TopicA/0"), { recursive: true });
  const { code, out } = await runCli(["verify", "-d", golden.root]);
  assert.equal(code, 0);
  const lines = linesOf(out);
  assert.match(lines.at(-1)!, /^doubtful: /);
  return lines.filter((line) => /^note: .*commitlog\//.test(line));
}

test("streambed verify names the one message whose offset is wrong, by the entry that leads to it", async () => {
  const start = /position \d+: queue "TopicA"\/0: the message says offset (\d+), and entry 20 /;
  const [ahead, ...none] = await verifyOdd(234, true);
  assert.equal(start.exec(ahead)?.[1], "234");
  assert.match(ahead, /; streambed rebuild .* then lacks 20 and ends at 235 or behind$/);
  const [behind, ...neither] = await verifyOdd(5, true);
  assert.equal(start.exec(behind)?.[1], "5");
  assert.match(behind, /; streambed rebuild .* then lacks 20$/);
  assert.deepEqual([none, neither], [[], []]);
});

test("streambed verify tells an offset that is there twice from one that comes late", async () => {
  const [gap, late, ...none] = await verifyOdd(234, false);
  assert.match(gap, / the log has no messages for offsets 20 to 233$/);
  assert.match(late, /^note: \d+ places, first .* offset 21 comes behind 234 in the log$/);
  const [twice, missing, ...neither] = await verifyOdd(5, false);
  assert.match(twice, / offset 5 is there twice in the log, the later message counts$/);
  assert.match(missing, / the log has no messages for offsets 20 to 20$/);
  assert.deepEqual([none, neither], [[], []]);
});

test("streambed verify tells messages that are prepared or rolled back, which no queue has", async () => {
  await using golden = await openGolden("tx-5.5.0");
  const { out } = await runCli(["verify", "-d", golden.root]);
  assert.match(out, /^log: 64 messages, 6 of them prepared or rolled back, from 0 to /m);
  assert.match(out, /^queues: \d+, 58 entries right, 0 missing, 0 wrong$/m);
});

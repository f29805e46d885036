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

test("streambed verify doubts a log whose offsets have a gap or are there twice", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const { records } = golden.manifest.java;
  const { off } = records.filter(({ topic, queueId }) => topic === "TopicA" && queueId === 0)[20];
  // The last byte of the queue offset.
  patch(golden.root, segmentPath(off, 65_536), off % 65_536 + 27, new Uint8Array([234]));
  const { code, out } = await runCli(["verify", "-d", golden.root]);
  assert.equal(code, 0);
  assert.match(
    out,
    /^note: .*commitlog\/\d+, position \d+: .* no messages for offsets 20 to 233$/m,
  );
  assert.match(linesOf(out).at(-1)!, /^doubtful: /);
});

test("streambed verify tells messages that are prepared or rolled back, which no queue has", async () => {
  await using golden = await openGolden("tx-5.5.0");
  const { out } = await runCli(["verify", "-d", golden.root]);
  assert.match(out, /^log: 64 messages, 6 of them prepared or rolled back, from 0 to /m);
  assert.match(out, /^queues: \d+, 58 entries right, 0 missing, 0 wrong$/m);
});

/**
 * What `verify` says in one word, and what it counts.
 *
 * Tests: `cli/verify_command.ts`, `storage/verify/report.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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
    assert.match(last, /^repairable: the log is sound, .* anew by the next writer, or by rebuild$/);
    assert.equal((await runCli(["rebuild", "-d", golden.root, "-q"])).code, 0);
    assert.deepEqual(await verdictOf(golden.root), ["sound", 0, "sound"]);
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

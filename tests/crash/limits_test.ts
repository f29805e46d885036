/**
 * Lives below limits of the process: each ends with a typed error or without any, never with a
 * signal.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { skipUnless } from "../support/skip.ts";
import { spawnSpoken } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { LimitedLine } from "./limits/limited_child.ts";

const DESCRIPTORS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 40];
const KIB = 1024;
const own = skipUnless(
  RUNTIME === "deno",
  "the child sets its limits by calls that it makes on Deno",
);

async function liveBelow(
  resource: string,
  size: "small" | "default",
  limits: readonly number[],
): Promise<LimitedLine[]> {
  await using directory = await temporaryDirectory();
  const words = [directory.path, resource, size, ...limits.map(String)];
  await using child = spawnSpoken("tests/crash/limits/limited_child.ts", words);
  const lines: LimitedLine[] = [];
  for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
    lines.push(JSON.parse(line));
  }
  const { code, signal, stderr } = await child.wait();
  assert.equal(code, 0, `${signal} ${stderr}`);
  for (const { limit, acknowledged, found } of lines) {
    assert.equal(found, acknowledged, `below ${limit}: what was acknowledged is there`);
  }
  return lines;
}

test("Store survives every limit of descriptors, and goes on when it is raised", own, async () => {
  const lines = await liveBelow("descriptors", "small", DESCRIPTORS);
  assert.deepEqual(lines[0].codes, ["EMFILE"]);
  assert.deepEqual(lines.at(-1)!.codes, [], "The last limit is high enough");
  for (const { codes } of lines) assert.ok(codes.every((code) => code === "EMFILE"), `${codes}`);
});

test("openStore() refuses a limit of file length below any file it makes", own, async () => {
  const lines = await liveBelow("fileByteLength", "default", [
    4 * KIB,
    64 * KIB,
    1000 * KIB,
    20_000 * KIB,
    30_000 * KIB,
  ]);
  const codes = lines.map((line) => line.codes.join());
  const low = "LIMIT_TOO_LOW";
  assert.deepEqual(codes, [low, low, low, low, ""]);
});

test("Store.backup() refuses a limit of file length below the backup's", own, async () => {
  const [line] = await liveBelow("fileByteLength", "small", [100 * KIB]);
  assert.deepEqual(line.codes, ["LIMIT_TOO_LOW"]);
  assert.equal(line.acknowledged, 41, "Appends are not concerned");
});

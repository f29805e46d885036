/**
 * Ten thousand queues within a thousand descriptors.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hasEveryGrant, scriptCommand } from "../../../../harness/support/runtime.ts";
import { skipUnless } from "../../../support/skip.ts";
import { temporaryDirectory } from "../../../../harness/support/temp_dir.ts";

const SCRIPT = fileURLToPath(new URL("./many_queues.ts", import.meta.url));

function whyNot(): string {
  if (!hasEveryGrant()) return "Deno lets nobody into /dev/shm who was not given every grant";
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return "";
  } catch {
    return "prlimit is not installed; it comes with util-linux";
  }
}

test(
  "QueueTable writes, syncs and reads 10,000 queues with 1,024 descriptors",
  skipUnless(whyNot() === "", whyNot()),
  async () => {
    // In memory where there is such a place: this is about descriptors, and disks take long to sync
    // so many files.
    const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    await using directory = await temporaryDirectory("streambed-queues-", place);
    const args = ["--nofile=1024", ...scriptCommand(SCRIPT, [directory.path])];
    const { stdout } = await promisify(execFile)("prlimit", args);
    const report = JSON.parse(stdout);
    assert.equal(report.written, 10_000);
    assert.equal(report.read, 20_000);
    assert.ok(report.mostOpen < 700, `${report.mostOpen} descriptors`);
  },
);

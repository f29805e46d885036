/**
 * Ten thousand queues within a thousand descriptors.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipUnless } from "../../support/skip.ts";

const SCRIPT = fileURLToPath(new URL("./many_queues.ts", import.meta.url));

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test(
  "QueueTable writes, syncs and reads 10,000 queues with 1,024 descriptors",
  skipUnless(hasPrlimit(), "prlimit is not installed; it comes with util-linux"),
  async () => {
    // In memory where there is such a place: this is about descriptors, and disks take long to sync so many files.
    const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    const path = mkdtempSync(join(place, "streambed-queues-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rmSync(path, { recursive: true }));
    const { success, stdout, stderr } = await new Deno.Command("prlimit", {
      args: ["--nofile=1024", Deno.execPath(), "run", "--quiet", "-A", SCRIPT, path],
    }).output();
    const decoder = new TextDecoder();
    assert.ok(success, decoder.decode(stderr));
    const report = JSON.parse(decoder.decode(stdout));
    assert.equal(report.written, 10_000);
    assert.equal(report.read, 20_000);
    assert.ok(report.mostOpen < 700, `${report.mostOpen} descriptors`);
  },
);

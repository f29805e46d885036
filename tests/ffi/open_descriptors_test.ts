/**
 * What a Worker that was terminated had open: it is closed by the next who looks, and what a live
 * one has is left alone.
 *
 * Tests: `built_ins.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { check, loadLibc } from "../../ffi/mod.ts";
import { openDescriptors } from "../support/beside_grants.ts";
import { needsLeases } from "../support/leases.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const name = import.meta.url.endsWith(".js") ? "./abandoning_worker.js" : "./abandoning_worker.ts";
const leases = await needsLeases();

test(
  "Libc.closeAbandoned() closes what a Worker left, with its lease, and nothing of a live one",
  leases,
  async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "file");
    writeFileSync(path, new Uint8Array(4096));
    const libc = await loadLibc();
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = libc.constants;
    const own = check(libc.open(path, { flags: O_RDONLY }), "open");
    const worker = new Worker(new URL(name, import.meta.url), { workerData: path });
    await new Promise((resolve) => worker.once("message", resolve));

    libc.closeAbandoned();
    assert.equal(openCount(path), 2, "What a live Worker has open was closed");
    await worker.terminate();
    while (openCount(path) > 1) {
      libc.closeAbandoned();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // The mapping is still there, and would keep the lease.
    const written = check(libc.open(path, { flags: O_RDWR | O_NONBLOCK }), "open for writing");
    libc.close(written);
    libc.close(own);
    assert.equal(openCount(path), 0);
  },
);

function openCount(path: string): number {
  return [...openDescriptors().values()].filter((target) => target === path).length;
}

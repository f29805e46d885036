/**
 * Ten thousand queues in one store below `ulimit -n 1024`: they cost what they hold.
 *
 * Rates are printed and decide nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { scriptCommand } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { ManyQueuesCost } from "./many_queues_child.ts";

const CHILD = fileURLToPath(new URL("many_queues_child.ts", import.meta.url));
const QUEUE_COUNT = 10_000;
const MESSAGE_COUNT = 240_000;
const RESIDENT_BYTE_LENGTH_MAX = 400 * 1024 * 1024;

async function runChild(path: string, mode: string): Promise<ManyQueuesCost> {
  const child = scriptCommand(CHILD, [path, `${QUEUE_COUNT}`, mode]);
  const args = ["-c", 'ulimit -n 1024 && exec "$0" "$@"', ...child];
  // The child of one mode kills itself; that it said something counts.
  const { stdout: said, stderr } = await new Promise<{ stdout: string; stderr: string }>(
    (resolve) => execFile("bash", args, (_error, stdout, stderr) => resolve({ stdout, stderr })),
  );
  assert.notEqual(said, "", stderr);
  console.log(mode, said.trim());
  return JSON.parse(said);
}

function assertCheap(cost: ManyQueuesCost): void {
  assert.equal(cost.queueCount, QUEUE_COUNT);
  assert.equal(cost.messageCount, MESSAGE_COUNT);
  assert.ok(cost.descriptorCount < 1024, `${cost.descriptorCount} descriptors`);
  const resident = cost.residentByteLength;
  assert.ok(resident < RESIDENT_BYTE_LENGTH_MAX, `${resident} bytes are resident`);
}

test("openStore() holds 10,000 queues with few descriptors and little memory", async () => {
  await using directory = await temporaryDirectory();
  assertCheap(await runChild(directory.path, "close"));
  assertCheap(await runChild(directory.path, "open"));
  // The second was killed: what it had made durable is found again.
  assertCheap(await runChild(directory.path, "open"));
});

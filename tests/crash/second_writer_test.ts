/**
 * One writer: whoever comes second is refused, in whatever process, and the lock of a dead one is
 * no lock.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore } from "../../storage/mod.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { ChildTask } from "../../harness/crash/appending_child.ts";

const CHILD = "harness/crash/appending_child.ts";

function taskOf(path: string): string {
  const options = {
    geometry: { segmentByteLength: 64 * 1024 },
    durability: "committed",
  } as const;
  return JSON.stringify({ path, seed: 1, options, batchCount: 10 } satisfies ChildTask);
}

test("openStore() lets one of several processes write, and none of the others", async () => {
  await using directory = await temporaryDirectory();
  const children = Array.from({ length: 4 }, () => spawnScript(CHILD, [taskOf(directory.path)]));
  try {
    const outcomes = await Promise.all(children.map(async (child) => {
      assert.equal(await child.nextLine(), "opening");
      const opened = await child.nextLine();
      return opened ?? (await child.wait()).stderr;
    }));
    assert.equal(outcomes.filter((outcome) => outcome === "open").length, 1);
    for (const outcome of outcomes) if (outcome !== "open") assert.match(outcome, /holds its lock/);
  } finally {
    for (const child of children) await child[Symbol.asyncDispose]();
  }
  await using store = await openStore(directory.path);
  const { offset } = await store.append({ topic: "mine", body: "" });
  assert.equal(offset, 0, "The lock died with its process");
});

test("openStore() is refused while a process lock, as Java takes it, is on the first byte", async () => {
  await using directory = await temporaryDirectory();
  {
    await using store = await openStore(directory.path, {
      geometry: { segmentByteLength: 64 * 1024 },
    });
    await store.append({ topic: "T", body: "x" });
  }
  const libc = await loadLibc();
  const path = `${directory.path}/lock`;
  const descriptor = libc.open(path, { flags: libc.constants.O_RDWR });
  assert.equal(typeof descriptor, "number");
  const file = descriptor as number;
  assert.equal(libc.lockRange(file, "write", 0, 1, "process"), 0);
  await using child = spawnScript(CHILD, [taskOf(directory.path)]);
  assert.equal(await child.nextLine(), "opening");
  assert.equal(await child.nextLine(), undefined);
  const { stderr } = await child.wait();
  assert.match(stderr, new RegExp(`process ${libc.processId()} holds its lock`));
  libc.close(file);
  await using store = await openStore(directory.path);
  assert.equal(store.queue("T").endOffset, 1);
});

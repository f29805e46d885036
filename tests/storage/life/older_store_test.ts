/**
 * Stores and a backup that a release before 0.1.0 wrote.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { check, loadLibc } from "../../../ffi/mod.ts";
import { filesBelow, openSimStore } from "../../../harness/simulation/history/sim_store.ts";
import type { SimEnd } from "../../../harness/simulation/machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { SimProcessDied } from "../../../harness/simulation/machine/faults.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import { openStore, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { extractOlder } from "../../support/older_release.ts";

async function bodiesOf(store: Store, topic: string, queueId = 0): Promise<string[]> {
  const messages = await store.queue(topic, queueId).readBatch({ limit: 100 });
  return messages.map((message) => message.text());
}

async function assertAll(store: Store, last: readonly string[]): Promise<void> {
  const orders = (first: number) => Array.from({ length: 20 }, (_, i) => `order ${2 * i + first}`);
  assert.deepEqual(await bodiesOf(store, "orders", 0), [...orders(0), ...last]);
  assert.deepEqual(await bodiesOf(store, "orders", 1), orders(1));
  assert.deepEqual(await bodiesOf(store, "group"), ["member 0", "member 1", "member 2"]);
  const found = await Array.fromAsync(store.find("orders", "order-7"));
  assert.deepEqual(found.map((message) => message.text()), ["order 7"]);
  assert.equal(store.queue("orders", 1).flushedEndOffset, 20);
  const checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
  const list = await checkpoints.list();
  assert.deepEqual(list.map(({ id }) => id), [2, 1]);
  assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
  await checkpoints[Symbol.asyncDispose]();
}

function ownFiles(path: string): string[] {
  return readdirSync(join(path, "streambed")).filter((name) => !name.startsWith("next-")).sort();
}

for (
  const [name, last] of [["closed", []], ["killed", ["the last"]]] as const
) {
  test(`a store that an older release has ${name} is read as it is, and then written under today's names`, async () => {
    await using directory = await temporaryDirectory();
    const path = join(await extractOlder(directory.path), name);
    {
      await using reader = await openStore(path, { readOnly: true });
      await assertAll(reader, last);
      assert.deepEqual(reader.info.notes, []);
    }
    assert.deepEqual(ownFiles(path), ["mark", "meta", "tables"]);
    {
      await using writer = await openStore(path);
      await assertAll(writer, last);
      assert.deepEqual(writer.info.notes, []);
      await writer.append({ topic: "orders", body: "one more" });
    }
    assert.deepEqual(ownFiles(path), ["groups", "meta", "positions", "tables"]);
    const report = await verifyStore(systemEnvironment(await loadLibc()), path);
    assert.deepEqual(report.findings, []);
    await using again = await openStore(path, { readOnly: true });
    await assertAll(again, [...last, "one more"]);
  });
}

test("restoreBackup() restores a backup of an older release", async () => {
  await using directory = await temporaryDirectory();
  const file = join(await extractOlder(directory.path), "backup");
  const path = join(directory.path, "restored");
  await restoreBackup(systemEnvironment(await loadLibc()), file, path);
  await using store = await openStore(path);
  await assertAll(store, []);
  assert.deepEqual(ownFiles(path), ["groups", "meta", "positions"]);
});

const ENDS: readonly SimEnd[] = [
  "kill",
  ...Array.from({ length: POWER_CUT_PROFILE_COUNT }, (_, cut) => ({ cut })),
];

for (const end of ENDS) {
  test(`a writer that ends while it gives the positions their name leaves a store that is whole (${JSON.stringify(end)})`, async () => {
    let endedCount = 0;
    while (await endsBefore(endedCount, end)) endedCount++;
    // To look, to open, to rename, to sync, and to open again.
    assert.ok(endedCount >= 5, `it ended ${endedCount} times`);
  });
}

/**
 * Opens a store of an older release, whose writer ends before its nth call about the positions;
 * tells whether it made so many.
 */
async function endsBefore(number: number, end: SimEnd): Promise<boolean> {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  for (let count = 0; count < 3; count++) await first.append();
  await first.settle(first.store.close());
  const { libc, directory } = first.user;
  const [own, old] = ["streambed/positions", "streambed/mark"];
  check(libc.renameat(directory, own, directory, old), "rename");
  kernel.exit(first.user.process);
  kernel.remount();

  let seen = 0;
  kernel.hook = ({ path }) =>
    /\/streambed(?:\/mark|\/positions)?$/.test(path) && seen++ === number ? end : undefined;
  const ended = await openSimStore(kernel).then(({ store, settle }) => settle(store.close()))
    .then(() => false, (error) => error instanceof SimProcessDied);
  kernel.hook = () => undefined;

  const reader = await openSimStore(kernel, { readOnly: true });
  assert.equal(reader.store.queue("t", 0).flushedEndOffset, 3, `${number}`);
  const writer = await openSimStore(kernel);
  await writer.append();
  await kernel.scheduler.advance(50);
  assert.equal(reader.store.queue("t", 0).flushedEndOffset, 4, `${number}`);
  const names = filesBelow(kernel, "streambed").map(({ name }) => name);
  assert.deepEqual(names.filter((name) => /mark|positions/.test(name)), ["positions"]);
  return ended;
}

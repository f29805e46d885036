/**
 * Groups that are read in another process than the writer's, in the moments in between: a file is
 * being replaced, a writer takes over, deletes, or has just died.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFileSync, cpSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { source } from "../../../mod.ts";
import { CLAIM_BYTE_LENGTH } from "../../../storage/layout/mod.ts";
import { innerPortOf, openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { CLAIM, claim, filled, FOLDER, progress, reading, SLOW } from "./claimed_store.ts";

const FILE = "config/consumerOffset.json";

for (const group of ["g", "%LMQ%g"]) {
  test(`A reader that claims group ${group} while its file is replaced goes on where it was`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await filled(path);
    const place = { topic: "T", queueId: 0 };
    const file = join(path, group === "g" ? FILE : "config/lmqConsumerOffset.json");
    await using writer = await openStore(path, SLOW);
    await writer.moveGroup("other", { ...place, offset: 1 });
    await writer.moveGroup(group, { ...place, offset: 5 });
    await using reader = await reading(path, SLOW);
    await using other = await reading(path, SLOW);
    for (const offset of [5, 20, 40]) {
      await other.moveGroup(group, { ...place, offset });
      await writer.flush();
      renameSync(file, `${file}.bak`);
      const held = innerPortOf(reader).claim({ group, ...place });
      renameSync(`${file}.bak`, file);
      held.release();
      assert.ok((held.offset ?? 0) >= offset, `${held.offset}`);
    }
  });
}

test("Store.groups() of a reader tells no older progress while the writer takes over", async () => {
  await using directory = await temporaryDirectory();
  const [path, before, after] = ["store", "before", "after"].map((one) =>
    join(directory.path, one)
  );
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await writer.moveGroup("g", { topic: "T", queueId: 0, offset: 5 });
  await using first = await reading(path, SLOW);
  claim(first).done(9);
  await innerPortOf(first).writeGroups();
  cpSync(path, before, { recursive: true });
  await writer.flush();
  cpSync(path, after, { recursive: true });
  const [name] = readdirSync(join(before, FOLDER));
  const libc = await loadLibc();
  let isTakenOver = true;
  const world = systemEnvironment(overrideLibc(libc, {
    pread(descriptor, target, position) {
      if (!isTakenOver && target.length === CLAIM_BYTE_LENGTH) {
        isTakenOver = true;
        for (const file of [FILE, join(FOLDER, name)]) {
          copyFileSync(join(after, file), join(before, file));
        }
      }
      return libc.pread(descriptor, target, position);
    },
  }));
  await using reader = await openStoreIn(world, before, { readOnly: true });
  assert.deepEqual(progress(reader), [9]);
  isTakenOver = false;
  assert.deepEqual(progress(reader), [9]);
  assert.ok(isTakenOver, "It was, in between");
});

test("Retention goes by progress that is durable", async () => {
  await using directory = await temporaryDirectory();
  const [path, killed] = ["store", "killed"].map((one) => join(directory.path, one));
  await using writer = await openStore(path, {
    ...SLOW,
    retention: { maxByteLength: 2 * 64 * 1024 },
    tuning: { groupIntervalMs: 600_000, flushIntervalMs: 5 },
  });
  await writer.moveGroup("g", { topic: "T", queueId: 0, offset: 0 });
  const held = claim(writer);
  while (writer.info.earliestPosition === 0) {
    const { offset } = await writer.append({ topic: "T", body: "x".repeat(1000) });
    held.done(offset);
  }
  cpSync(path, killed, { recursive: true });
  await using reader = await reading(killed);
  assert.ok(progress(reader)[0] >= reader.queue("T").earliestOffset);
});

test("A reader that hears late of a writer goes on where the group was, also when that is dead", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const libc = await loadLibc();
  const late = Promise.withResolvers<void>();
  const world = systemEnvironment(overrideLibc(libc, {
    pollAsync: async (descriptor, timeoutMs) => {
      await late.promise;
      return await libc.pollAsync(descriptor, timeoutMs);
    },
  }));
  const writer = await openStore(path, SLOW);
  await writer.append({ topic: "T", body: "seen" });
  const tuning = { flushIntervalMs: 60_000 };
  await using reader = await openStoreIn(world, path, { ...SLOW, tuning, readOnly: true });
  const { offset } = await writer.append({ topic: "T", body: "unseen" });
  await writer.moveGroup("g", { topic: "T", queueId: 0, offset: offset + 1 });
  await writer.close();
  const rest = await Array.fromAsync(source(reader, "T", { group: "g", follow: false }));
  assert.deepEqual([rest.length, reader.queue("T").endOffset], [0, 2]);
  late.resolve();
  const beyond = { group: CLAIM.group, topic: "T", queueId: 0 };
  const held = innerPortOf(reader).claim(beyond);
  held.done(7);
  held.release();
  const ahead = Array.fromAsync(source(reader, "T", { group: "g", follow: false }));
  await assert.rejects(ahead, { code: "OFFSET_OUT_OF_RANGE" });
});

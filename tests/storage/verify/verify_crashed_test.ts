/**
 * What verification says about a store whose writer died: what the next one makes anew is no
 * damage, the rest is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, type Store } from "../../../mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import {
  chooseMetaSlot,
  decodeMetaSlot,
  META_SLOT_BYTE_LENGTH,
  nextIndexName,
} from "../../../storage/layout/mod.ts";
import { decodeSnapshot } from "../../../storage/derived/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { allAnswers, appendSample, SAMPLE_OPTIONS } from "../../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { copyTree } from "../../../harness/support/tree.ts";
import { flip } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const TABLES = "streambed/tables";

/** Makes the directory of a store whose writer died after it had written all that is derived. */
async function crashedStore(path: string): Promise<string> {
  const live = join(path, "live");
  const crashed = join(path, "crashed");
  await using store = await openStore(live, {
    ...SAMPLE_OPTIONS,
    tuning: { flushThoroughIntervalMs: 5 },
  });
  await appendSample(store);
  await store.flush();
  await snapshotOf(store, live);
  copyTree(live, crashed);
  return crashed;
}

/** Waits until the snapshot and the meta file speak of the whole log. */
async function snapshotOf(store: Store, path: string): Promise<void> {
  const end = Math.max(
    ...await Promise.all(
      store.topics().flatMap(({ topic, queues }) =>
        queues.map(async ({ queueId }) => {
          const last = await Array.fromAsync(store.queue(topic, queueId).read());
          return last.at(-1)!.position;
        })
      ),
    ),
  );
  for (;;) {
    const file = join(path, TABLES);
    const snapshot = existsSync(file) ? decodeSnapshot(readFileSync(file)) : undefined;
    const isWhole = snapshot !== undefined && snapshot.position > end;
    if (isWhole && dispatchedOf(path) > end) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How far queues and index are durable, as the store says. */
function dispatchedOf(path: string): number {
  const bytes = readFileSync(join(path, "streambed/meta"));
  const slots = [0, META_SLOT_BYTE_LENGTH].map((at) =>
    decodeMetaSlot(bytes.subarray(at, at + META_SLOT_BYTE_LENGTH))
  );
  return chooseMetaSlot(slots[0], slots[1])?.dispatched ?? 0;
}

test("verifyStore() notes a queue that a crash took, because the next writer makes it anew", async () => {
  await using directory = await temporaryDirectory();
  const path = await crashedStore(directory.path);
  const before = await answersOf(path);
  rmSync(join(path, "consumequeue/Bills/1"), { recursive: true });
  const report = await verifyStore(environment, path);
  assert.equal(report.verdict, "repairable", JSON.stringify(report.findings));
  assert.ok(report.queues.missingCount > 0);
  await (await openStore(path)).close();
  assert.equal(await answersOf(path), before);
});

test("verifyStore() calls it damage when an entry below the next writer's walk misleads", async () => {
  await using directory = await temporaryDirectory();
  const path = await crashedStore(directory.path);
  flip(path, "consumequeue/Bills/1/00000000000000000000", 7);
  const report = await verifyStore(environment, path);
  assert.deepEqual([report.verdict, report.damageCount], ["repairable", 1]);
  assert.match(
    report.findings.map(({ text }) => text).join("\n"),
    /"Bills"\/1 misleads at entry 0/,
  );
});

test("openStore() that is stopped in its walk leaves the abort marker, and nothing is lost", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.path;
  {
    await using store = await openStore(path, SAMPLE_OPTIONS);
    await appendSample(store);
  }
  const before = await answersOf(path);
  rmSync(join(path, TABLES));
  const controller = new AbortController();
  const opening = openStore(path, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await assert.rejects(opening, /enough/);
  assert.ok(
    existsSync(join(path, "abort")),
    "The next writer, a broker too, must not trust the index",
  );
  const report = await verifyStore(environment, path);
  assert.equal(report.verdict, "repairable", JSON.stringify(report.findings));
  await (await openStore(path)).close();
  assert.equal(await answersOf(path), before);
  assert.ok(!existsSync(join(path, "abort")));
});

test("verifyStore() notes an index file that never got its length, if every key is found without it", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.path;
  {
    await using store = await openStore(path, SAMPLE_OPTIONS);
    await appendSample(store);
  }
  const newest = readdirSync(join(path, "index")).sort().at(-1)!;
  const empty = nextIndexName(newest, environment.clock.localTime(0));
  writeFileSync(join(path, "index", empty), "");
  const report = await verifyStore(environment, path);
  assert.equal(report.verdict, "repairable", JSON.stringify(report.findings));
  assert.match(report.findings.map(({ text }) => text).join("\n"), /too short for a header/);
  rmSync(join(path, "index", newest));
  assert.ok((await verifyStore(environment, path)).damageCount > 0);
});

test("verifyStore() notes a queue file that never got its length, and calls missing entries damage", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.path;
  {
    await using store = await openStore(path, SAMPLE_OPTIONS);
    await appendSample(store);
  }
  const name = "00000000000000000000";
  mkdirSync(join(path, "consumequeue/Bills/9"), { recursive: true });
  writeFileSync(join(path, "consumequeue/Bills/9", name), "");
  const report = await verifyStore(environment, path);
  assert.equal(report.verdict, "repairable", JSON.stringify(report.findings));
  assert.match(report.findings.map(({ text }) => text).join("\n"), /is empty: who made it died/);
  writeFileSync(join(path, "consumequeue/Bills/1", name), "");
  assert.ok((await verifyStore(environment, path)).damageCount > 0);
});

async function answersOf(path: string): Promise<string> {
  await using store = await openStore(path, { readOnly: true });
  return await allAnswers(store);
}

/**
 * What is derived from the log may go, whole or in part: it is built anew from the log, equal to
 * what was there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, type OpenStoreOptions, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import {
  allAnswers,
  appendSample,
  SAMPLE_OPTIONS,
  sampleMessage,
} from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { contentOf } from "../../harness/support/tree.ts";

const environment = systemEnvironment(await loadLibc());
const QUEUE = "consumequeue/Bills/1";
const DERIVED = ["consumequeue", "index", "checkpoint"];

/** What happens to a directory. */
const LOSSES: Readonly<Record<string, (root: string) => void>> = {
  "the queues": (root) => remove(root, ["consumequeue"]),
  "the index": (root) => remove(root, ["index"]),
  "the store checkpoint": (root) => remove(root, ["checkpoint"]),
  "all that is derived": (root) => remove(root, DERIVED),
  "all but the log": (root) => remove(root, [...DERIVED, "streambed", "abort", "config", "lock"]),
  "one queue": (root) => remove(root, [QUEUE]),
  "the end of a queue": (root) => truncateSync(newest(root, QUEUE), 0),
  "a queue of zeros": (root) => fill(newest(root, QUEUE), () => 0),
  "a queue of noise, and nobody vouches for it": (root) => {
    fill(newest(root, QUEUE), (byte) => byte === 0 ? 0 : byte ^ 0x55);
    remove(root, ["streambed"]);
  },
  "the first index file": (root) =>
    rmSync(join(root, "index", readdirSync(join(root, "index")).sort()[0])),
  "the end of an index file": (root) => truncateSync(newest(root, "index"), 1000),
  "an index of zeros": (root) => fill(newest(root, "index"), () => 0),
  "an index of noise, and nobody vouches for it": (root) => {
    fill(newest(root, "index"), (byte) => byte === 0 ? 0 : byte ^ 0x55);
    remove(root, ["streambed"]);
  },
};

for (const writePath of ["staged", "mapped"] as const) {
  for (const [what, lose] of Object.entries(LOSSES)) {
    test(`openStore() builds ${what} anew, equal to before (${writePath})`, async () => {
      await using directory = await temporaryDirectory();
      const before = await makeSample(directory.path, { writePath });
      for (const state of ["closed", "killed"]) {
        const root = join(directory.path, state);
        lose(root);
        {
          await using reader = await openStore(root, { readOnly: true, ...SAMPLE_OPTIONS });
          assert.equal(await allAnswers(reader), before.answers, state);
        }
        {
          await using store = await openStore(root, { writePath, ...SAMPLE_OPTIONS });
          assert.equal(await allAnswers(store), before.answers, state);
        }
        assert.deepEqual(contentOf(join(root, "consumequeue")), before.queues, state);
        const report = await verifyStore(environment, root);
        assert.deepEqual(report.findings, [], state);
        assert.deepEqual([report.queues, report.index], before.summary, state);
      }
    });
  }

  test(`openStore() goes on at the right offsets when the queues are gone (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    await makeSample(directory.path, { writePath });
    const root = join(directory.path, "closed");
    LOSSES["the queues"](root);
    await using store = await openStore(root, { writePath });
    const before = store.queue("Bills", 1).endOffset;
    assert.ok(before > 50);
    const { offset } = await store.append({ topic: "Bills", queueId: 1, body: "one more" });
    assert.equal(offset, before);
  });
}

interface Sample {
  readonly answers: string;
  readonly queues: readonly string[];
  readonly summary: readonly unknown[];
}

/**
 * The sample twice: `closed` in order, and `killed` as a writer leaves it that dies after it was
 * opened for the second time.
 */
async function makeSample(path: string, options: OpenStoreOptions): Promise<Sample> {
  const root = join(path, "closed");
  {
    await using store = await openStore(root, { ...options, ...SAMPLE_OPTIONS });
    await store.appendAll(Array.from({ length: 400 }, (_, index) => sampleMessage(10_000 + index)));
  }
  let answers: string;
  {
    await using store = await openStore(root, { ...options, ...SAMPLE_OPTIONS });
    await appendSample(store);
    answers = await allAnswers(store);
    cpSync(root, join(path, "killed"), { recursive: true });
  }
  const queues = contentOf(join(root, "consumequeue"));
  const report = await verifyStore(environment, root);
  assert.deepEqual(report.findings, []);
  return { answers, queues, summary: [report.queues, report.index] };
}

function remove(root: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(root, name), { recursive: true, force: true });
}

function newest(root: string, folder: string): string {
  return join(root, folder, readdirSync(join(root, folder)).sort().at(-1)!);
}

function fill(path: string, change: (byte: number) => number): void {
  writeFileSync(path, readFileSync(path).map(change));
}

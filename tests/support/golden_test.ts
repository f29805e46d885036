/**
 * The golden stores are what they were, and what is expected of them is explained to the last
 * answer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { expectedMessages, goldenNames, openGolden, readManifest } from "./golden.ts";
import type { ExpectedStore } from "../../harness/support/golden_expected.ts";
import type { Manifest } from "../../harness/support/golden_manifest.ts";
import { bodyFingerprint, javaHash } from "../../harness/support/golden_messages.ts";

const INDEX = fileURLToPath(new URL("../golden/INDEX.md", import.meta.url));

/** How often Java's answers are not the right ones, and why; all others are. */
const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  basic: { "reads schedule-tag": 1 },
  "batchcq-5.3.3": { "times batch-times": 6 },
  "batchcq-5.5.0": { "times batch-times": 5 },
  broker: { "reads schedule-tag": 4 },
  brokerkill: { "reads schedule-tag": 4 },
  cqext: { "reads schedule-tag": 1 },
  crash: { "reads schedule-tag": 1 },
  halfclean: {
    "queues stale-minimum": 4,
    "reads schedule-tag": 1,
    "reads stale-minimum": 16,
    "times stale-minimum": 8,
  },
  "killed-5.3.3": { "reads one-queue-file": 4 },
  "mixed-5.5.0": { "finds index-hole": 5 },
  multi: { "reads one-queue-file": 4, "reads schedule-tag": 1 },
  noindex: { "finds no-index": 44 },
  odd: { "finds hash-collision": 2, "reads tag-expression": 1 },
  propcrc: { "reads schedule-tag": 1 },
  retained: { "reads one-queue-file": 4, "reads schedule-tag": 1 },
  "trimmed-5.3.3": { "reads schedule-tag": 1 },
  "trimmed-5.5.0": {
    "queues short-rebuild": 4,
    "reads one-queue-file": 8,
    "reads schedule-tag": 1,
    "reads short-rebuild": 12,
    "times short-rebuild": 20,
  },
  tx: { "reads schedule-tag": 1 },
};

test("goldenNames() lists the stores of the index in both versions", () => {
  const names = indexRows().flatMap(([name]) => [`${name}-5.3.3`, `${name}-5.5.0`]);

  assert.deepEqual(goldenNames(), names.sort());
  assert.ok(names.length >= 50);
});

for (const name of goldenNames()) {
  test(`openGolden() gives every file of ${name} and no other`, async () => {
    await using golden = await openGolden(name);

    assert.equal(golden.manifest.name, name);
    const found = await Promise.all((await filesBelow(golden.root)).map(async (path) => {
      const content = await readFile(join(golden.root, path));
      const sha256 = createHash("sha256").update(content).digest("hex");
      return { path, size: content.byteLength, sha256 };
    }));
    assert.deepEqual(sorted(found), sorted(golden.manifest.files));
    assert.ok(existsSync(join(golden.root, "commitlog")));
    assert.equal(golden.manifest.clean, !existsSync(join(golden.root, "abort")));
  });
}

test("openGolden() removes its directory when the scope is left", async () => {
  let root: string;
  {
    await using golden = await openGolden("time-5.5.0");
    root = golden.root;
    assert.ok(existsSync(root));
  }
  assert.ok(!existsSync(root));
});

test("readManifest() gives as many records and acknowledgements as the index says", async () => {
  for (const row of indexRows()) {
    for (const [at, version] of ["5.3.3", "5.5.0"].entries()) {
      const manifest = await readManifest(`${row[0]}-${version}`);
      assert.equal(manifest.rocketmq, version);
      assert.equal(manifest.clean, row[1] === "yes", manifest.name);
      assert.equal(manifest.java.records.length, Number(row[2].split(" / ")[at]), manifest.name);
      assert.equal(manifest.acks.length, Number(row[3].split(" / ")[at]), manifest.name);
    }
  }
});

test("expectedMessages() differs from Java for known reasons and as often as known", async () => {
  for (const name of goldenNames()) {
    const expected = expectedMessages(await readManifest(name));
    const known = DEVIATIONS[name] ?? DEVIATIONS[name.replace(/-[\d.]+$/, "")] ?? {};
    assert.deepEqual(deviations(expected), known, name);
  }
});

test("expectedMessages() refuses an answer of Java that nothing explains", async () => {
  const manifest = await readManifest("basic-5.3.3");
  const { gets, queries, times, queues } = manifest.java;
  const wrong: Partial<Manifest["java"]>[] = [
    { gets: replaced(gets, 1, { ...gets[1], found: [4711] }) },
    { gets: replaced(gets, 1, { ...gets[1], next: 7 }) },
    { queries: replaced(queries, 0, { ...queries[0], found: [] }) },
    { times: replaced(times, 0, { ...times[0], upper: 1 }) },
    { queues: replaced(queues, 0, { ...queues[0], entries: [] }) },
    { queues: queues.slice(1) },
  ];

  for (const change of wrong) {
    const changed = { ...manifest, java: { ...manifest.java, ...change } };
    assert.throws(() => expectedMessages(changed), /Cannot explain/, Object.keys(change)[0]);
  }
});

test("expectedMessages() counts the messages of inner batches", async () => {
  const { queues } = expectedMessages(await readManifest("batchcq-5.3.3"));
  const queue = queues.find(({ topic }) => topic === "TopicBCQ");

  assert.equal(queue?.kind, "batch");
  assert.deepEqual([queue?.messages.length, queue?.latest], [60, 180]);
  const heads = queue?.messages.slice(0, 4).map((
    { offset, messageCount },
  ) => [offset, messageCount]);
  assert.deepEqual(heads, [[0, 1], [1, 2], [3, 3], [6, 4]]);
});

test("expectedMessages() lists a multi-dispatched record in the queues it names", async () => {
  const { queues } = expectedMessages(await readManifest("batchcq-5.5.0"));
  const listed = queues.flatMap(({ topic, messages }) =>
    messages.filter(({ position }) => position === 22_132).map(({ offset }) => [topic, offset])
  );

  assert.deepEqual(listed, [["%LMQ%q2", 5], ["%LMQ%q3", 2], ["TopicLmqParent", 8]]);
});

test("expectedMessages() keeps prepared and rollback records out of the queues", async () => {
  const { messages, queues } = expectedMessages(await readManifest("tx-5.3.3"));
  const listed = new Set(queues.flatMap((queue) => queue.messages.map(({ position }) => position)));
  const unlisted = messages.filter(({ position }) => !listed.has(position));

  assert.deepEqual(unlisted.map(({ transaction }) => transaction), [
    ...["prepared", "prepared", "prepared"],
    ...["rollback", "rollback", "rollback"],
  ]);
});

test("bodyFingerprint() is the beginning of a SHA-256", async () => {
  assert.equal(await bodyFingerprint(new Uint8Array(0)), "e3b0c44298fc1c14");
});

test("javaHash() is a signed 32-bit hash over UTF-16", () => {
  assert.equal(javaHash("TagA"), 2_598_919);
  assert.equal(javaHash("Tag127"), -1_797_419_908);
});

function deviations(expected: ExpectedStore): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of ["queues", "reads", "finds", "times"] as const) {
    for (const { deviation } of expected[kind]) {
      if (deviation === undefined) continue;
      counts[`${kind} ${deviation}`] = (counts[`${kind} ${deviation}`] ?? 0) + 1;
    }
  }
  return counts;
}

/** The cells of the index's table: name, clean, records, acknowledgements, ... */
function indexRows(): string[][] {
  return readFileSync(INDEX, "utf8")
    .split("\n")
    .filter((line) => /^\| [a-z]+ \| (yes|no) \|/.test(line))
    .map((line) => line.split("|").slice(1).map((cell) => cell.trim()));
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function sorted<T extends { readonly path: string }>(files: readonly T[]): T[] {
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

function replaced<T>(items: readonly T[], at: number, item: T): T[] {
  return items.toSpliced(at, 1, item);
}

/**
 * The index of the golden stores: what RocketMQ wrote is searched, and what we write of the same
 * records is the same, byte by byte.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { MessageIndex } from "../../../../storage/derived/index/mod.ts";
import { messageKeys } from "../../../../storage/layout/mod.ts";
import { goldenGeometry, goldenNames, openGolden, readManifest } from "../../../support/golden.ts";
import {
  expectedMessages,
  type ExpectedStore,
} from "../../../../harness/support/golden_expected.ts";
import type { Manifest } from "../../../../harness/support/golden_manifest.ts";
import { indexFixture } from "./index_fixture.ts";

/**
 * Stores whose index covers another log than the one that is there, or not all of it: see their
 * notes.
 */
const INCOMPLETE = /^(behind-5\.5|halfclean|killed|mixed|noindex|retained|torn|trimmed)/;

function optionsOf(manifest: Manifest): { indexSlotCount: number; indexEntryCount: number } {
  const { indexSlotCount, indexEntryCount } = goldenGeometry(manifest);
  return { indexSlotCount, indexEntryCount };
}

function putAll(index: MessageIndex, manifest: Manifest, expected: ExpectedStore): void {
  for (
    const { topic, position, storeTimestamp, properties, transaction, tags } of expected.messages
  ) {
    if (transaction === "rollback") continue;
    for (const key of messageKeys(properties.UNIQ_KEY, properties.KEYS)) {
      index.put(topic, key, position, storeTimestamp);
    }
    // Release 5.5.0 indexes the tags too.
    if (manifest.rocketmq !== "5.5.0" || tags === undefined) continue;
    index.put(topic, `T#${tags}`, position, storeTimestamp);
  }
}

/** Positions of the records that really have the key, as a store would check them. */
function findChecked(
  index: MessageIndex,
  expected: ExpectedStore,
  topic: string,
  key: string,
): number[] {
  const byPosition = new Map(expected.messages.map((message) => [message.position, message]));
  const found: number[] = [];
  for (const position of index.find(topic, key)) {
    if (position === undefined) continue;
    const message = byPosition.get(position);
    if (message === undefined || message.topic !== topic) continue;
    if (message.keys.includes(key) || message.properties.UNIQ_KEY === key) found.push(position);
  }
  return found.reverse();
}

for (const name of goldenNames()) {
  test(`MessageIndex finds in ${name} what RocketMQ finds, and more where that is wrong`, async () => {
    await using golden = await openGolden(name);
    const { manifest } = golden;
    const expected = expectedMessages(manifest);
    await using fixture = await indexFixture(golden.root);
    const index = fixture.index({ readOnly: true, ...optionsOf(manifest) });
    assert.equal(index.damage, undefined);
    assert.deepEqual(
      index.files().map((file) => [
        file.name,
        file.beginTimestamp,
        file.endTimestamp,
        file.beginPosition,
        file.endPosition,
        file.count + 1,
      ]),
      manifest.verify.index.map((file) => [
        file.name,
        file.beginTs,
        file.endTs,
        file.beginPhy,
        file.endPhy,
        file.indexCount,
      ]),
    );
    let checked = 0;
    for (const { topic, key, positions, deviation } of expected.finds) {
      if (deviation === "no-index" || deviation === "index-hole") continue;
      // RocketMQ mended the index of an unclean store before it answered.
      const inFiles = positions.filter((position) => position <= index.endPosition);
      const found = findChecked(index, expected, topic, key);
      const wanted = manifest.clean ? positions : inFiles;
      assert.deepEqual(found, found.length > 64 ? found : wanted, `${topic} ${key}`);
      checked++;
    }
    assert.ok(checked > 0 || manifest.java.queries.length === 0 || name.startsWith("noindex"));
  });

  test(`MessageIndex is rebuilt from the log of ${name}`, async () => {
    await using golden = await openGolden(name);
    const { manifest } = golden;
    const expected = expectedMessages(manifest);
    await using fixture = await indexFixture(golden.root);
    const index = fixture.index(optionsOf(manifest));
    index.removeAll();
    putAll(index, manifest, expected);
    for (const { topic, key, positions } of expected.finds) {
      assert.deepEqual(findChecked(index, expected, topic, key), positions, `${topic} ${key}`);
    }
    assert.deepEqual(await index.sync(), { state: "synced" });
  });
}

for (const name of goldenNames().filter((name) => !INCOMPLETE.test(name))) {
  test(`MessageIndex writes the bytes of RocketMQ for ${name}`, async () => {
    await using golden = await openGolden(name);
    await using fixture = await indexFixture();
    const manifest = await readManifest(name);
    const index = fixture.index(optionsOf(manifest));
    putAll(index, manifest, expectedMessages(manifest));
    await index.close();
    assert.deepEqual(contents(fixture.path), contents(golden.root));
  });
}

function contents(root: string): string[] {
  if (!existsSync(`${root}/index`)) return [];
  const names = readdirSync(`${root}/index`).sort();
  return names.map((name) => readFileSync(`${root}/index/${name}`).toString("hex"));
}

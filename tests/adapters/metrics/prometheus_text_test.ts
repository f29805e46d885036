/**
 * A store as Prometheus reads it, by the library and by the command.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, prometheusText, type Store } from "../../../mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { runCli } from "../../cli/cli_child.ts";

const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\d+)$/;

/** The samples of a text, by name and labels. Refuses what is not in the format. */
function samplesOf(text: string): Map<string, number> {
  assert.ok(text.endsWith("\n"));
  const samples = new Map<string, number>();
  let family = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, help] = /^# HELP ([a-z_]+) .+\.$/.exec(line) ?? [];
    if (help !== undefined) {
      family = help;
      continue;
    }
    const [, typed, type] = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line) ?? [];
    if (typed !== undefined) {
      assert.equal(typed, family);
      assert.equal(type === "counter", family.endsWith("_total"));
      continue;
    }
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    assert.equal(name, family, line);
    samples.set(`${name}{${labels}}`, Number(value));
  }
  return samples;
}

async function fill(store: Store): Promise<void> {
  for (let id = 0; id < 5; id++) {
    await store.append({ topic: "orders", queueId: id % 2, body: `${id}` });
  }
  await store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 1 });
}

test("prometheusText() tells log, queues and groups, and streambed metrics the same", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  await fill(store);
  const text = prometheusText(store);
  const samples = samplesOf(text);
  const { committedPosition, flushedPosition, storeId } = store.info;
  assert.ok(committedPosition > 0);
  const expected = {
    "streambed_log_committed_bytes_total{}": committedPosition,
    "streambed_log_flushed_bytes_total{}": flushedPosition,
    "streambed_log_deleted_bytes_total{}": 0,
    "streambed_log_segments{}": 1,
    "streambed_notes{}": store.info.notes.length,
    'streambed_queue_messages_total{topic="orders",queue="0"}': 3,
    'streambed_queue_messages_total{topic="orders",queue="1"}': 2,
    'streambed_queue_deleted_messages_total{topic="orders",queue="0"}': 0,
    'streambed_queue_deleted_messages_total{topic="orders",queue="1"}': 0,
    'streambed_group_offset{group="billing",topic="orders",queue="0"}': 1,
    'streambed_group_lag_messages{group="billing",topic="orders",queue="0"}': 2,
    [
      `streambed_store_info{path="${dir.path}",role="writer",durability="flushed",` +
      `write_path="staged",store_id="${storeId}"}`
    ]: 1,
  };
  assert.deepEqual(Object.fromEntries(samples), expected);
  await store.close();
  const { code, out, err } = await runCli(["metrics", "-d", dir.path]);
  assert.deepEqual([code, err], [0, ""]);
  const told = samplesOf(out);
  assert.equal(told.size, samples.size);
  for (const [name, value] of samples) {
    if (!name.includes("store_info")) assert.equal(told.get(name), value, name);
  }
});

test("prometheusText() of a store without messages has every family, and escapes what it must", async () => {
  await using dir = await temporaryDirectory();
  const path = `${dir.path}/a"b\\c\nd`;
  await using store = await openStore(path);
  const text = prometheusText(store);
  assert.equal(text.match(/^# TYPE /gm)?.length, 10);
  assert.ok(text.includes(`path="${dir.path}/a\\"b\\\\c\\nd"`), text);
  samplesOf(text);
});

test("prometheusText() refuses what is no store, and one that is closed", async () => {
  await using dir = await temporaryDirectory();
  const store = await openStore(dir.path);
  await store.close();
  assert.throws(() => prometheusText(store), { code: "CLOSED" });
  for (const wrong of [undefined, {}, "store"]) {
    assert.throws(() => prometheusText(wrong as Store), TypeError);
  }
});

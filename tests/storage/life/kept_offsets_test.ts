/**
 * Offsets of a queue never go back, though retention has deleted all of its messages and somebody
 * took away what else said how far it was.
 *
 * Tests: `offsets_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { source } from "../../../adapters/web/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { runCli } from "../../cli/cli_child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";

const environment = systemEnvironment(await loadLibc());
const SEGMENT = 64 * 1024;
const OPTIONS: OpenStoreOptions = {
  retention: { maxByteLength: 2 * SEGMENT },
  geometry: {
    segmentByteLength: SEGMENT,
    queueEntryCount: 50,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
  tuning: { flushIntervalMs: 1 },
};
/** Offset at which the queue `first/0` goes on. Its files hold 50 entries: the last one is full. */
const NEXT = 250;
const QUEUE = "consumequeue/first/0";
const OFFSETS = "config/consumerOffset.json";
const LAST_FILE = "00000000000000004000";

/** What happens to the directory of a closed store. */
const LOSSES: Readonly<Record<string, (root: string) => void>> = {
  "nothing": () => {},
  "the queue": (root) => remove(root, [QUEUE]),
  "all queues": (root) => remove(root, ["consumequeue"]),
  "all queues and the snapshot": (root) => remove(root, ["consumequeue", "streambed/tables"]),
  "all queues, and groups": (root) => remove(root, ["consumequeue", "config"]),
  "all that is not the log or a group": (root) =>
    remove(root, ["consumequeue", "index", "streambed", "checkpoint", "abort"]),
  "the last file of the queue, which has an older one,": (root) => {
    const last = readFileSync(join(root, QUEUE, LAST_FILE));
    remove(root, readdirSync(join(root, QUEUE)).map((name) => `${QUEUE}/${name}`));
    writeFileSync(join(root, QUEUE, "00000000000000000000"), last);
  },
};

for (const ending of ["closed", "killed"] as const) {
  for (const [what, lose] of Object.entries(LOSSES)) {
    test(`openStore() goes on at the next offset of a queue without messages: ${what} lost, ${ending}`, async () => {
      await using directory = await temporaryDirectory();
      const root = await emptiedQueue(directory.path, ending);
      lose(root);
      {
        await using reader = await openStore(root, { readOnly: true });
        const { earliestOffset, endOffset } = reader.queue("first");
        assert.deepEqual([earliestOffset, endOffset], [NEXT, NEXT]);
      }
      await assertGoesOn(root);
    });
  }
}

test("openStore() leaves a file that says where the queue goes on", async () => {
  await using directory = await temporaryDirectory();
  const root = await emptiedQueue(directory.path, "closed");
  remove(root, ["consumequeue"]);
  await (await openStore(root)).close();
  assert.deepEqual(readdirSync(join(root, QUEUE)), [LAST_FILE]);
  const bytes = readFileSync(join(root, QUEUE, LAST_FILE));
  const gone = [...new Uint8Array(11), 1, ...new Uint8Array(8)];
  assert.equal(bytes.length, 1000);
  for (let at = 0; at < 1000; at += 20) {
    assert.deepEqual([...bytes.subarray(at, at + 20)], gone, `entry ${200 + at / 20}`);
  }
  // What says so now is the file alone.
  remove(root, ["streambed", "config", "abort"]);
  await assertGoesOn(root, { hasGroup: false });
});

test("streambed rebuild keeps where a queue without messages goes on", async () => {
  await using directory = await temporaryDirectory();
  const root = await emptiedQueue(directory.path, "closed");
  remove(root, ["config", "streambed/groups"]);
  const { code } = await runCli(["--dir", root, "rebuild"]);
  assert.equal(code, 0);
  await assertGoesOn(root, { hasGroup: false });
});

test("openStore() does not believe a group that is farther than the log can ever have been", async () => {
  await using directory = await temporaryDirectory();
  const root = await emptiedQueue(directory.path, "closed");
  remove(root, ["consumequeue", "streambed", "abort"]);
  const path = join(root, "config/consumerOffset.json");
  writeFileSync(path, readFileSync(path, "utf8").replace("0:250", "0:250000000"));
  await using store = await openStore(root);
  assert.equal(store.queue("first").endOffset, 0);
});

test("retention keeps the offsets of a queue before it deletes the last message, though there is no snapshot", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  const killed = join(directory.path, "killed");
  {
    await using store = await openStore(root, {
      ...OPTIONS,
      tuning: { ...OPTIONS.tuning, flushThoroughIntervalMs: 600_000 },
    });
    await store.append({ topic: "keyed", body: "", keys: "k" });
    await store.flush();
    await until(() => store.info.markPosition >= store.info.committedPosition);
    // Without its index file no snapshot is taken that would know the queue.
    remove(root, ["index"]);
    await fillFirst(store);
    await until(() => store.info.earliestPosition > 2 * SEGMENT);
    cpSync(root, killed, { recursive: true });
  }
  assert.ok(existsSync(join(killed, "streambed/offsets")));
  remove(killed, ["consumequeue"]);
  await using store = await openStore(killed);
  assert.equal(store.queue("first").endOffset, NEXT);
});

test("verifyStore() tells of offsets that cannot be read", async () => {
  await using directory = await temporaryDirectory();
  const root = await emptiedQueue(directory.path, "closed");
  writeFileSync(join(root, "streambed/offsets"), "streambed-offsets 1 00000000\n{}\n");
  const { verdict, findings } = await verifyStore(environment, root);
  assert.equal(verdict, "sound");
  assert.deepEqual(findings.map(({ path, severity }) => [path, severity]), [
    ["streambed/offsets", "note"],
  ]);
  await using store = await openStore(root);
  assert.match(store.info.notes.join(), /streambed\/offsets is damaged/);
});

/** A store of whose queue `first/0` everything is deleted, all of it read by group `g`. */
async function emptiedQueue(path: string, ending: "closed" | "killed"): Promise<string> {
  const root = join(path, "store");
  const killed = join(path, "killed");
  await using store = await openStore(root, OPTIONS);
  await fillFirst(store, async () => {
    for await (const _ of source(store, "first", { group: "g", follow: false }));
    await store.flush();
  });
  await until(() => store.queue("first").earliestOffset === NEXT);
  await store.flush();
  // The entries may still be in memory.
  await until(() => existsSync(join(root, QUEUE, LAST_FILE)));
  if (ending === "killed") cpSync(root, killed, { recursive: true });
  await store.close();
  return ending === "killed" ? killed : root;
}

/** Fills the queue, lets it be read, and then the log with others. */
async function fillFirst(store: Store, read: () => Promise<void> = async () => {}): Promise<void> {
  await store.appendAll(
    Array.from({ length: NEXT }, (_, at) => ({ topic: "first", body: `${at}` })),
  );
  await read();
  for (let round = 0; round < 5; round++) {
    const body = "x".repeat(3000);
    await store.appendAll(Array.from({ length: 20 }, () => ({ topic: "second", body, keys: "s" })));
  }
}

async function assertGoesOn(root: string, { hasGroup = true } = {}): Promise<void> {
  const isMissed = existsSync(join(root, "streambed")) && !existsSync(join(root, OFFSETS));
  {
    await using store = await openStore(root);
    assert.equal(store.info.notes.length, isMissed ? 1 : 0);
    if (isMissed) assert.match(store.info.notes[0], /consumerOffset.json" is not there/);
    const { offset } = await store.append({ topic: "first", body: "new" });
    assert.equal(offset, NEXT);
    await store.flush();
    const bodies: string[] = [];
    const group = hasGroup ? "g" : undefined;
    for await (const message of source(store, "first", { group, follow: false })) {
      bodies.push(message.text());
    }
    assert.deepEqual(bodies, ["new"]);
  }
  const report = await verifyStore(environment, root);
  const file = hasGroup ? [`${OFFSETS}.unreadable-1`, "note"] : [OFFSETS, "damage"];
  assert.deepEqual(
    report.findings.map(({ path, severity }) => [path, severity]),
    isMissed ? [file] : [],
  );
}

function remove(root: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(root, name), { recursive: true, force: true });
}

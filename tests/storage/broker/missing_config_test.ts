/**
 * Progress of groups that is missing as a whole is not progress of nobody.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import { innerPortOf, openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { commit, fillStore, OFFSETS, OPTIONS, retained } from "./group_store.ts";

const environment = systemEnvironment(await loadLibc());
const LMQ_OFFSETS = "config/lmqConsumerOffset.json";
const MISSING = /"config\/consumerOffset.json" is not there, and it held the progress of groups/;

async function notesOfReader(path: string): Promise<string> {
  await using reader = await openStore(path, { readOnly: true });
  return reader.info.notes.join("\n");
}

async function findingsOf(path: string): Promise<string[]> {
  const { findings } = await verifyStore(environment, path);
  return findings.map((one) => `${one.severity} ${one.path}`);
}

function keptFiles(path: string): string[] {
  return readdirSync(join(path, "config")).filter((name) => name.includes("unreadable")).sort();
}

/** How `config/` may be missing. */
const LOSSES: Readonly<Record<string, (path: string) => void>> = {
  "whose folder is gone": (path) => rmSync(join(path, "config"), { recursive: true }),
  "whose folder is empty": (path) => {
    rmSync(join(path, "config"), { recursive: true });
    mkdirSync(join(path, "config"), { mode: 0o700 });
  },
  "that is missing alone": (path) => {
    for (const name of [OFFSETS, `${OFFSETS}.bak`]) rmSync(join(path, name), { force: true });
  },
};

for (const [what, lose] of Object.entries(LOSSES)) {
  test(`openStore() decides nothing on a consumerOffset.json ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await fillStore(path, "g");
    lose(path);
    assert.match(await notesOfReader(path), MISSING);
    assert.deepEqual(await findingsOf(path), [`damage ${OFFSETS}`]);
    for (let opening = 0; opening < 2; opening++) {
      const { earliest, notes } = await retained(path);
      assert.equal(earliest, 0, "What g has not read is there");
      assert.match(notes, MISSING);
      assert.match(notes, /Retention deletes nothing/);
    }

    await commit(path, "h");
    await commit(path, "h");
    assert.deepEqual(keptFiles(path), ["consumerOffset.json.unreadable-1"]);
    assert.match(readFileSync(join(path, `${OFFSETS}.unreadable-1`), "utf8"), MISSING);
    assert.deepEqual(await findingsOf(path), [`note ${OFFSETS}.unreadable-1`]);
    const held = await retained(path);
    assert.equal(held.earliest, 0, "Also once another group has written the file");
    assert.doesNotMatch(held.notes, MISSING);
    rmSync(join(path, `${OFFSETS}.unreadable-1`));
    assert.ok((await retained(path)).earliest > 0, "h has read on, and g is forgotten");
  });
}

test("openStore() goes on as before once consumerOffset.json is back", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fillStore(path, "g");
  renameSync(join(path, "config"), `${path}.away`);
  assert.match((await retained(path)).notes, MISSING);
  rmSync(join(path, "config"), { recursive: true, force: true });
  renameSync(`${path}.away`, join(path, "config"));
  assert.equal(await notesOfReader(path), "");
  const { earliest, notes } = await retained(path);
  assert.deepEqual([earliest, notes], [0, ""]);
  assert.deepEqual(keptFiles(path), []);
  await using store = await openStore(path);
  assert.equal(innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 }).offset, 10);
});

test("openStore() takes an empty table in the place of what is missing for a beginning", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fillStore(path, "g");
  for (const name of [OFFSETS, `${OFFSETS}.bak`]) rmSync(join(path, name), { force: true });
  assert.match((await retained(path)).notes, MISSING);
  writeFileSync(join(path, OFFSETS), '{"offsetTable":{}}', { mode: 0o600 });
  assert.deepEqual(await findingsOf(path), []);
  const { earliest, notes } = await retained(path);
  assert.ok(earliest > 0);
  assert.equal(notes, "");
  rmSync(join(path, OFFSETS));
  assert.equal(await notesOfReader(path), "", "It told of nobody");
});

test("openStore() misses no progress where no group has read", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fillStore(path);
  rmSync(join(path, "config"), { recursive: true });
  assert.equal(await notesOfReader(path), "");
  const { earliest, notes } = await retained(path);
  assert.ok(earliest > 0);
  assert.equal(notes, "");
});

test("Store.flush() remembers that groups have read, whatever becomes of the process", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "store");
  const killed = join(directory.path, "killed");
  await fillStore(path);
  {
    await using store = await openStore(path, {
      ...OPTIONS,
      tuning: { ...OPTIONS.tuning, groupIntervalMs: 600_000 },
    });
    innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 }).done(10);
    await store.flush();
    cpSync(path, killed, { recursive: true });
  }
  rmSync(join(killed, "config"), { recursive: true });
  const { earliest, notes } = await retained(killed);
  assert.equal(earliest, 0);
  assert.match(notes, MISSING);
});

test("openStore() misses a broker's file that it saw at the opening before", async () => {
  const light = '{"lmqOffsetTable":{"%LMQ%t@%LMQ%g":10},"offsetTable":{}}';
  for (const [file, text] of [[OFFSETS, '{"offsetTable":{"T@g":{0:10}}}'], [LMQ_OFFSETS, light]]) {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await fillStore(path);
    writeFileSync(join(path, file), text, { mode: 0o600 });
    await (await openStore(path, OPTIONS)).close();
    rmSync(join(path, file));
    assert.deepEqual(await findingsOf(path), [`damage ${file}`]);
    const { earliest, notes } = await retained(path);
    assert.equal(earliest, 0);
    assert.match(notes, /Retention deletes nothing/);
  }
});

test("Store.flush() writes over nothing that came back while the store was open", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fillStore(path, "g");
  const known = readFileSync(join(path, OFFSETS), "utf8");
  rmSync(join(path, "config"), { recursive: true });
  {
    await using store = await openStore(path, OPTIONS);
    mkdirSync(join(path, "config"), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, OFFSETS), known, { mode: 0o600 });
    innerPortOf(store).claim({ group: "h", topic: "T", queueId: 0 }).done(700);
    await store.flush();
    innerPortOf(store).claim({ group: "i", topic: "T", queueId: 0 }).done(700);
  }
  assert.deepEqual(keptFiles(path), ["consumerOffset.json.unreadable-1"]);
  assert.equal(readFileSync(join(path, `${OFFSETS}.unreadable-1`), "utf8"), known);
  assert.equal((await retained(path)).earliest, 0);
});

test("Store.backup() carries that progress is missing", async () => {
  await using directory = await temporaryDirectory();
  const [path, file, restored] = ["store", "backup", "restored"].map((name) =>
    join(directory.path, name)
  );
  await fillStore(path, "g");
  rmSync(join(path, "config"), { recursive: true });
  {
    await using store = await openStore(path, { readOnly: true });
    await store.backup(file);
  }
  const { leftOut } = await restoreBackup(environment, file, restored);
  assert.deepEqual(leftOut, [OFFSETS]);
  assert.deepEqual(keptFiles(restored), ["consumerOffset.json.unreadable-1"]);
  const { earliest, notes } = await retained(restored);
  assert.equal(earliest, 0);
  assert.match(notes, /Retention deletes nothing/);
});

test("restoreBackup() makes a store whose progress is missed from the first", async () => {
  await using directory = await temporaryDirectory();
  const [path, file, restored] = ["store", "backup", "restored"].map((name) =>
    join(directory.path, name)
  );
  await fillStore(path, "g");
  {
    await using store = await openStore(path, { readOnly: true });
    await store.backup(file);
  }
  await restoreBackup(environment, file, restored);
  rmSync(join(restored, "config"), { recursive: true });
  const { earliest, notes } = await retained(restored);
  assert.equal(earliest, 0);
  assert.match(notes, MISSING);
});

/**
 * Files whose format is of another version than this release writes: each is told by its name, and
 * left as it is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { loadLibc } from "../../../ffi/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf } from "../../../harness/support/tree.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import {
  META_SLOT,
  META_SLOT_BYTE_LENGTH,
  POSITIONS_BYTE_LENGTH,
} from "../../../storage/layout/mod.ts";
import { openStore, type Store, StoreError, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { runCli } from "../../cli/cli_child.ts";
import { until } from "../../support/until.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 2 },
};
const environment = systemEnvironment(await loadLibc());

async function makeStore(path: string): Promise<void> {
  await using store = await openStore(path, OPTIONS);
  await store.append({ topic: "T", body: "b", keys: "k" });
}

/** Gives both slots of `streambed/meta` another version, with the right checksum. */
function setMetaVersion(path: string, version: number): void {
  const file = join(path, "streambed/meta");
  const bytes = new Uint8Array(readFileSync(file));
  for (let at = 0; at < bytes.length; at += META_SLOT_BYTE_LENGTH) {
    const slot = bytes.subarray(at, at + META_SLOT_BYTE_LENGTH);
    const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
    if (view.getInt32(META_SLOT.offsets.magic) === 0) continue;
    view.setInt32(META_SLOT.offsets.formatVersion, version);
    const byteLength = view.getInt32(META_SLOT.offsets.byteLength);
    view.setInt32(byteLength, crc32(slot.subarray(0, byteLength)));
  }
  writeFileSync(file, bytes);
}

/** Puts a text file of ours in the place of another: its version is part of its first line. */
function writeOwnText(path: string, name: string, version: number): void {
  const body = '{"queues":[],"made":"otherwise"}';
  const crc = crc32(body).toString(16).padStart(8, "0");
  mkdirSync(join(path, "streambed"), { recursive: true });
  writeFileSync(join(path, "streambed", name), `streambed-${name} ${version} ${crc}\n${body}\n`, {
    mode: 0o600,
  });
}

async function bodies(store: Store): Promise<string[]> {
  return (await store.queue("T").readBatch()).map((message) => message.text());
}

for (
  const [version, reason] of [[2, "newer"], [0, "older"]] as const
) {
  test(`a store of format version ${version} is refused by its name, whoever opens it, and not touched`, async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "store");
    await makeStore(path);
    setMetaVersion(path, version);
    const skipLock = (file: string) => file === "lock";
    const before = contentOf(path, skipLock);
    const told = new RegExp(`"streambed/meta" is .*of format version ${version}\\b`);
    const refused = { code: "UNSUPPORTED_FORMAT", reason, path: "streambed/meta", message: told };
    for (const readOnly of [true, false]) {
      await assert.rejects(openStore(path, { readOnly }), refused);
    }
    await assert.rejects(verifyStore(environment, path), refused);
    for (
      const command of [["ls"], ["cat", "T"], ["verify"], ["rebuild"], ["backup", `${path}.backup`]]
    ) {
      const { code, err } = await runCli([...command, "--dir", path]);
      assert.notEqual(code, 0, command[0]);
      assert.match(err, told, command[0]);
    }
    const { out } = await runCli(["dump", join(path, "streambed/meta")]);
    assert.match(
      out,
      new RegExp(`slot 0: of format version ${version}, this release reads version 1`),
    );
    assert.deepEqual(contentOf(path, skipLock), before);
  });

  test(`a backup of format version ${version === 2 ? 3 : 0} is refused by its name, and nothing is made`, async () => {
    await using directory = await temporaryDirectory();
    const [path, file, target] = ["store", "file", "made"].map((it) => join(directory.path, it));
    await makeStore(path);
    await using store = await openStore(path, { readOnly: true });
    await store.backup(file);
    const bytes = readFileSync(file);
    bytes.writeInt32BE(version === 2 ? 3 : 0, 8);
    writeFileSync(file, bytes);
    await assert.rejects(restoreBackup(environment, file, target), {
      code: "UNSUPPORTED_FORMAT",
      reason,
      message: new RegExp(`of format version ${version === 2 ? 3 : 0}.*versions 1 to 2`),
    });
    assert.throws(() => readFileSync(target), { code: "ENOENT" });
  });
}

test("a snapshot and offsets of another version are told in notes, and the log is read instead", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeStore(path);
  for (const name of ["tables", "offsets"]) writeOwnText(path, name, 2);
  const told =
    /^File streambed\/(?:tables|offsets) is of format version 2, and this release reads version 1: /;
  const { findings } = await verifyStore(environment, path);
  assert.deepEqual(findings.map(({ severity, path }) => [severity, path]), [
    ["note", "streambed/tables"],
    ["note", "streambed/offsets"],
  ]);
  for (const { text } of findings) assert.match(text, /^it is of format version 2, and /);
  {
    await using reader = await openStore(path, { readOnly: true });
    assert.deepEqual(await bodies(reader), ["b"]);
    assert.deepEqual(reader.info.notes.map((note) => told.test(note)), [true, true]);
  }
  {
    await using writer = await openStore(path);
    assert.deepEqual(await bodies(writer), ["b"]);
    assert.deepEqual(writer.info.notes.map((note) => told.test(note)), [true, true]);
  }
  const after = await verifyStore(environment, path);
  assert.deepEqual(after.findings.map(({ path }) => path), ["streambed/offsets"]);
});

for (const isLive of [true, false]) {
  test(`a reader ends with the reason when a newer format comes ${isLive ? "with a writer" : "alone"}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await makeStore(path);
    const writer = isLive ? await openStore(path, OPTIONS) : undefined;
    await using reader = await openStore(path, { ...OPTIONS, readOnly: true });
    assert.deepEqual(await bodies(reader), ["b"]);
    setMetaVersion(path, 2);
    // Positions of a kind that this release does not know.
    writeFileSync(join(path, "streambed/positions"), new Uint8Array(POSITIONS_BYTE_LENGTH).fill(7));
    let error: unknown;
    await until(() => error !== undefined, async () => {
      await bodies(reader).catch((failure) => error = failure);
    });
    assert.ok(StoreError.is(error, "UNSUPPORTED_FORMAT"));
    assert.equal(error.reason, "newer");
    await writer?.close();
  });
}

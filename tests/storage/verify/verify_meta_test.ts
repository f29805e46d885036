/**
 * What verification says about a file `streambed/meta` without an intact slot, and that the opening
 * agrees.
 *
 * Tests: `store_state.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { META_SLOT, META_SLOT_BYTE_LENGTH } from "../../../storage/layout/mod.ts";
import { type VerifyReport, verifyStore } from "../../../storage/verify/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf, SEGMENT_BYTE_LENGTH, StoreBuilder } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const META = "streambed/meta";

/**
 * Writes a store of three messages, whose meta file has been written once, and is what `change`
 * makes of it.
 */
function storeWith(path: string, change: (file: Uint8Array) => Uint8Array): void {
  const store = new StoreBuilder(path);
  store.fill(3);
  store.write();
  writeFileSync(join(path, META), change(new Uint8Array(contentOf(path, META))));
}

function findingsOf(report: VerifyReport): string[] {
  return report.findings.filter(({ path }) => path === META)
    .map(({ severity, text }) => `${severity}: ${text}`);
}

/** Zeroes a part of the slot that is written first. */
function tear(file: Uint8Array, from: number, to: number): Uint8Array {
  return file.fill(0, META_SLOT_BYTE_LENGTH + from, META_SLOT_BYTE_LENGTH + to);
}

// A power cut while the very first slot was written: nothing had been promised yet. The opening
// took it for a file that was never written; verification had its own reading of it, and spoke of
// damage.
test("verifyStore() notes a meta file whose first writing was cut off", async () => {
  for (const [from, to] of [[0, 64], [64, META_SLOT_BYTE_LENGTH]]) {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    storeWith(path, (file) => tear(file, from, to));
    const report = await verifyStore(environment, path);
    assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
    assert.match(findingsOf(report).join("\n"), /^note: its first writing was cut off.*$/);
    assert.equal(report.mark, undefined);
    {
      await using store = await openStore(path, {
        geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
      });
      assert.equal((await store.append({ topic: "orders", body: "on" })).offset, 3);
    }
    assert.deepEqual(findingsOf(await verifyStore(environment, path)), []);
  }
});

test("verifyStore() says nothing of a meta file that was never written", async () => {
  await using directory = await temporaryDirectory();
  storeWith(directory.path, (file) => file.fill(0));
  assert.deepEqual(findingsOf(await verifyStore(environment, directory.path)), []);
});

test("verifyStore() calls it damage when both slots of the meta file hold bytes and neither is intact", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  storeWith(path, (file) => {
    tear(file, 64, META_SLOT_BYTE_LENGTH)[META_SLOT_BYTE_LENGTH - 1] = 1;
    return file;
  });
  assert.match(
    findingsOf(await verifyStore(environment, path)).join("\n"),
    /^damage: neither slot is intact/,
  );
  // Its length is durable before the first slot is written: what lacks a slot was cut by somebody.
  storeWith(path, (file) => file.slice(META_SLOT_BYTE_LENGTH, META_SLOT_BYTE_LENGTH + 64));
  assert.match(
    findingsOf(await verifyStore(environment, path)).join("\n"),
    /^damage: neither slot is intact/,
  );
});

test("verifyStore() and openStore() refuse a meta file of a newer format, and leave it as it is", async () => {
  for (const slot of [0, 1]) {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    storeWith(path, (file) => {
      const newer = file.slice(META_SLOT_BYTE_LENGTH);
      const view = new DataView(newer.buffer);
      view.setInt32(META_SLOT.offsets.formatVersion, 2);
      const byteLength = view.getInt32(META_SLOT.offsets.byteLength);
      view.setInt32(byteLength, crc32(newer.subarray(0, byteLength)));
      file.set(newer, slot * META_SLOT_BYTE_LENGTH);
      return file;
    });
    const before = contentOf(path, META);
    const refused = { code: "UNSUPPORTED_FORMAT", message: /version 2.*use a newer one/ };
    await assert.rejects(verifyStore(environment, path), refused);
    for (const readOnly of [true, false]) {
      await assert.rejects(openStore(path, { readOnly }), refused);
    }
    assert.deepEqual(contentOf(path, META), before);
  }
});

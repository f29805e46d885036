/**
 * The last segment of a store that a broker closed in order: whichever record loses its length,
 * nobody takes it and what follows for what a crash left.
 *
 * Tests: `log/lost_end.ts`, `life/lost_end.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import {
  decodeStoreCheckpoint,
  encodeStoreCheckpoint,
  STORE_CHECKPOINT,
  STORE_CHECKPOINT_FILE,
  type StoreCheckpointRecord,
} from "../../../storage/layout/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { expectedMessages, goldenGeometry, openGolden } from "../../support/golden.ts";
import { contentOf } from "../../../harness/support/tree.ts";
import { assertRefused, isExplained } from "../damage/damaged_store.ts";
import { patch, segmentPath } from "../verify/store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const SIZE_WORD_BYTE_LENGTH = 4;
const REFUSED = { code: "CORRUPTED", reason: "damaged-record" } as const;

/** Turns all bits of a byte around; twice is as before. */
function invert(root: string, path: string, at: number): void {
  patch(root, path, at, Uint8Array.of(readFileSync(join(root, path))[at] ^ 0xff));
}

for (const version of ["5.3.3", "5.5.0"]) {
  for (const kind of ["broker", "batchcq", "cqext"]) {
    test(`openStore() refuses a record without its length in the last segment of ${kind}-${version}`, async () => {
      await using golden = await openGolden(`${kind}-${version}`);
      const { root, manifest } = golden;
      const { segmentByteLength } = goldenGeometry(manifest);
      const all = manifest.java.records.map(({ off }) => off);
      const lastSegment = segmentPath(all.at(-1)!, segmentByteLength);
      const last = all.filter((off) => segmentPath(off, segmentByteLength) === lastSegment);
      const before = contentOf(root);
      for (const [index, position] of last.entries()) {
        const isEnd = index === 0 || index === last.length - 1;
        // Between the two ends one record in three is enough.
        const some = index % 3 === 0 ? [index % SIZE_WORD_BYTE_LENGTH] : [];
        const bytes = isEnd ? [...Array(SIZE_WORD_BYTE_LENGTH).keys()] : some;
        for (const byte of bytes) {
          const at = position % segmentByteLength + byte;
          invert(root, lastSegment, at);
          for (const readOnly of [true, false]) {
            await assert.rejects(
              openStore(root, { readOnly }),
              (error) => isExplained(error, { ...REFUSED, position }),
              `byte ${byte} at ${position}`,
            );
          }
          invert(root, lastSegment, at);
        }
      }
      assert.deepEqual(contentOf(root), before, "Nothing was changed");
    });
  }
}

test("openStore() refuses a lost end in the words of verifyStore()", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const position = 18307;
  invert(golden.root, segmentPath(0), position);
  const { verdict, findings } = await verifyStore(environment, golden.root);
  assert.equal(verdict, "damaged");
  const [{ text }] = findings.filter(({ severity }) => severity === "damage");
  assert.match(text, /^the store was closed and its queues speak of messages up to position 46897/);
  await assert.rejects(
    openStore(golden.root),
    ({ message }: Error) => message.includes(text.split(" (")[0]),
  );
});

// Without queues only the bytes behind the end tell.
test("openStore() refuses a closed log without queues if whole messages follow its end", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const { root, manifest } = golden;
  rmSync(join(root, "consumequeue"), { recursive: true });
  const position = manifest.java.records[40].off;
  patch(root, segmentPath(0), position, new Uint8Array(SIZE_WORD_BYTE_LENGTH));
  await assertRefused(root, { ...REFUSED, position });
  assert.equal((await verifyStore(environment, root)).verdict, "damaged");
});

/** Changes fields of a store checkpoint. */
function putCheckpoint(root: string, change: Partial<StoreCheckpointRecord>): void {
  const bytes = readFileSync(join(root, STORE_CHECKPOINT_FILE));
  const record = decodeStoreCheckpoint(new DataView(bytes.buffer, bytes.byteOffset));
  const fields = new Uint8Array(STORE_CHECKPOINT.byteLength);
  encodeStoreCheckpoint(new DataView(fields.buffer), { ...record, ...change });
  patch(root, STORE_CHECKPOINT_FILE, 0, fields);
}

// A broker leaves the torn record and its entry where they are, and begins behind them.
for (const kind of ["tornhead", "tornzero"]) {
  test(`openStore() cuts a tail that a broker's own recovery has cut before (${kind})`, async () => {
    await using golden = await openGolden(`${kind}-5.5.0`);
    const { root, manifest } = golden;
    const { messages, to } = expectedMessages(manifest);
    const { position, storeTimestamp } = messages.at(-1)!;
    rmSync(join(root, "abort"));
    const recovered = { confirmPhyOffset: position, logicsMsgTimestamp: storeTimestamp };
    putCheckpoint(root, { ...recovered, physicMsgTimestamp: storeTimestamp + 1 });
    await assertRefused(root, { ...REFUSED, position: to });
    putCheckpoint(root, { ...recovered, confirmPhyOffset: 1, physicMsgTimestamp: 0 });
    await assertRefused(root, { ...REFUSED, position: to });
    putCheckpoint(root, { ...recovered, physicMsgTimestamp: 0 });
    assert.equal((await verifyStore(environment, root)).verdict, "torn");
    for (const readOnly of [true, false]) {
      await using store = await openStore(root, { readOnly });
      assert.equal(store.info.committedPosition, to);
    }
  });
}

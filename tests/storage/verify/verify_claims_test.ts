/**
 * What verification says about the files of `streambed/groups/`.
 *
 * Tests: `claims_check.ts`, `claim_parts.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { CLAIM_AT, claimFileName, CLAIMS_FOLDER } from "../../../storage/layout/mod.ts";
import { innerPortOf, openStore, systemEnvironment } from "../../../storage/mod.ts";
import { claimParts, verifyStore } from "../../../storage/verify/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf, flip, patch, SEGMENT_BYTE_LENGTH } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const QUEUE = { group: "billing", topic: "orders", queueId: 0 };
const NAME = claimFileName(QUEUE);
const FILE = `${CLAIMS_FOLDER}/${NAME}`;
const OPTIONS = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH } };
const [EVEN, ODD] = CLAIM_AT.slots;
const SECTOR = new Uint8Array(512);

/** A store whose group a reader has moved so many times, with no writer alive. */
async function storeWith(path: string, writeCount: number): Promise<void> {
  {
    await using store = await openStore(path, OPTIONS);
    for (let index = 0; index < 5; index++) await store.append({ topic: "orders", body: "x" });
  }
  await using reader = await openStore(path, { readOnly: true });
  for (let offset = 1; offset <= writeCount; offset++) {
    await reader.moveGroup(QUEUE.group, { topic: "orders", queueId: 0, offset });
  }
}

/** Findings about the folder, as `severity: text`; and that the verdict goes with them. */
async function findingsOf(path: string): Promise<string[]> {
  const { findings, verdict } = await verifyStore(environment, path);
  const isDamaged = findings.some(({ severity }) => severity === "damage");
  assert.equal(verdict, isDamaged ? "damaged" : "sound");
  return findings.filter((one) => one.path?.startsWith(CLAIMS_FOLDER))
    .map(({ severity, text }) => `${severity}: ${text}`);
}

/** What is done to the file of a group that was moved three times, and what is said then. */
const DAMAGES: readonly (readonly [what: string, (root: string) => void, said: RegExp])[] = [
  ["a flipped head", (root) => flip(root, FILE, 20), /^note: its head is not whole/],
  ["no content", (root) => truncateSync(join(root, FILE), 0), /^note: its head is not whole/],
  ["a torn newest slot", (root) => flip(root, FILE, ODD + 3), /^note: one slot .*\(write 2\)/],
  ["a torn older slot", (root) => flip(root, FILE, EVEN + 3), /^note: one slot .*\(write 3\)/],
  ["a zeroed newest slot", (root) => patch(root, FILE, ODD, SECTOR), /^note: one slot .*write 2/],
  ["a zeroed older slot", (root) => patch(root, FILE, EVEN, SECTOR), /^note: one slot .*write 3/],
  ["two torn slots", (root) => {
    for (const at of [EVEN, ODD]) flip(root, FILE, at + 3);
  }, /^damage: neither slot is intact/],
  ["a torn note", (root) => flip(root, FILE, CLAIM_AT.note), /^note: what a writer has noted/],
  ["a copy of it", (root) => {
    copyFileSync(join(root, FILE), join(root, CLAIMS_FOLDER, "0".repeat(NAME.length)));
  }, /^note: it is that of group billing in queue 0 of topic "orders", .* a copy, remove it$/],
  ["another name", (root) => {
    renameSync(join(root, FILE), join(root, CLAIMS_FOLDER, "f".repeat(NAME.length)));
  }, new RegExp(`^damage: it is that of group billing .* give it the name ${NAME}$`)],
  ["a foreign file beside it", (root) => {
    writeFileSync(join(root, CLAIMS_FOLDER, "notes.txt"), "");
  }, /^note: it is no file of a group$/],
  ["a folder with such a name beside it", (root) => {
    mkdirSync(join(root, CLAIMS_FOLDER, "1".repeat(NAME.length)), { mode: 0o700 });
  }, /^note: it is no file of a group$/],
];

for (const [what, damage, said] of DAMAGES) {
  test(`verifyStore() tells ${what} of a group's file`, async () => {
    await using directory = await temporaryDirectory();
    await storeWith(directory.path, 3);
    damage(directory.path);
    const found = await findingsOf(directory.path);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0], said);
  });
}

test("verifyStore() tells a newest slot that is lost though a writer has taken it over", async () => {
  await using directory = await temporaryDirectory();
  await storeWith(directory.path, 2);
  await (await openStore(directory.path, OPTIONS)).close();
  assert.deepEqual(await findingsOf(directory.path), []);
  patch(directory.path, FILE, EVEN, SECTOR);
  assert.deepEqual(await findingsOf(directory.path), [
    "note: a writer has taken over write 2, and the newest in it is 1",
  ]);
});

test("verifyStore() tells a first slot that is torn, and none that was never written", async () => {
  await using directory = await temporaryDirectory();
  await storeWith(directory.path, 1);
  assert.deepEqual(await findingsOf(directory.path), []);
  flip(directory.path, FILE, ODD);
  const [found] = await findingsOf(directory.path);
  assert.match(found, /^note: its only slot is torn/);
});

test("verifyStore() says nothing of whole files, whoever has written them, and changes none", async () => {
  await using directory = await temporaryDirectory();
  await storeWith(directory.path, 3);
  assert.deepEqual(await findingsOf(directory.path), []);
  await using writer = await openStore(directory.path, OPTIONS);
  await writer.moveGroup("other", { topic: "orders", queueId: 0, offset: 2 });
  const before = contentOf(directory.path, FILE);
  assert.deepEqual(await findingsOf(directory.path), []);
  assert.deepEqual(contentOf(directory.path, FILE), before);
});

test("verifyStore() leaves out what is being written: a claim that is held, a live writer's note", async () => {
  await using directory = await temporaryDirectory();
  await storeWith(directory.path, 3);
  flip(directory.path, FILE, ODD + 3);
  {
    await using reader = await openStore(directory.path, { readOnly: true });
    await using _claim = innerPortOf(reader).claim(QUEUE);
    assert.deepEqual(await findingsOf(directory.path), []);
  }
  assert.equal((await findingsOf(directory.path)).length, 1);
  flip(directory.path, FILE, ODD + 3);
  await using _writer = await openStore(directory.path, OPTIONS);
  flip(directory.path, FILE, CLAIM_AT.note);
  assert.deepEqual(await findingsOf(directory.path), []);
});

test("claimParts() shows each part by itself, whatever the others are", async () => {
  await using directory = await temporaryDirectory();
  await storeWith(directory.path, 2);
  const bytes = new Uint8Array(contentOf(directory.path, FILE));
  const { queue, slots, note } = claimParts(bytes);
  assert.equal(queue?.group, "billing");
  assert.deepEqual(slots.map((slot) => typeof slot === "object" && slot.sequence), [2, 1]);
  assert.equal(note, "empty");
  bytes[5] ^= 1;
  bytes[EVEN + 2] ^= 1;
  const torn = claimParts(bytes);
  assert.equal(torn.queue, undefined);
  assert.deepEqual(torn.slots, ["torn", slots[1]]);
  assert.deepEqual(claimParts(new Uint8Array(3)).slots, ["empty", "empty"]);
});

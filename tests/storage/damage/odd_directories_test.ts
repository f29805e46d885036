/**
 * Directories in which names, lengths and holes are odd: refused with a reason, or read as what
 * they are, at once and without taking memory for lengths that somebody claims.
 *
 * Tests: `file_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryUsage } from "node:process";
import { test } from "node:test";
import { openStore, StoreError } from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { buildStore, isExplained, MESSAGE_COUNT, TOPIC } from "./damaged_store.ts";

const HUGE = 2 ** 42;
const NEXT = "00000000000000024576";

/**
 * What is put beside the segments, and why the log is refused; without a reason it may be read as
 * it is.
 */
const BESIDE: readonly (readonly [what: string, put: (log: string) => void, expected: object])[] = [
  ["a FIFO under the name of the next segment", (log) => {
    execFileSync("mkfifo", ["-m", "600", join(log, NEXT)]);
  }, { code: "UNSAFE_DIRECTORY" }],
  ["a link under the name of the next segment", (log) => {
    makeLink("/dev/zero", join(log, NEXT));
  }, { code: "UNSAFE_DIRECTORY" }],
  ["a directory under the name of the next segment", (log) => {
    mkdirSync(join(log, NEXT), { mode: 0o700 });
  }, {}],
  ["a sparse segment of 4 TiB", (log) => {
    writeFileSync(join(log, NEXT), "", { mode: 0o600 });
    truncateSync(join(log, NEXT), HUGE);
  }, { code: "CORRUPTED", reason: "wrong-length" }],
  ["a name of 21 digits", (log) => {
    writeFileSync(join(log, `0${NEXT}`), new Uint8Array(8192), { mode: 0o600 });
  }, { code: "CORRUPTED", reason: "foreign-file" }],
  ["a name beyond 2^53", (log) => {
    writeFileSync(join(log, "99999999999999999999"), new Uint8Array(8192), { mode: 0o600 });
  }, { code: "CORRUPTED", reason: "foreign-file" }],
  ["a name of other digits", (log) => {
    writeFileSync(join(log, "٠".repeat(20)), new Uint8Array(8192), { mode: 0o600 });
  }, { code: "CORRUPTED", reason: "foreign-file" }],
  ["a name with an escape in it", (log) => {
    writeFileSync(join(log, "\u001b[2J"), "", { mode: 0o600 });
  }, { code: "CORRUPTED", reason: "foreign-file" }],
];

for (const [what, put, expected] of BESIDE) {
  test(`openStore() refuses a log with ${what}`, { timeout: 5000 }, async () => {
    await using directory = await temporaryDirectory();
    await buildStore(directory.path, "closed");
    put(join(directory.path, "commitlog"));
    const isForeign = (expected as { reason?: string }).reason === "foreign-file";
    if (isForeign) {
      await using reader = await openStore(directory.path, { readOnly: true });
      assert.match(reader.info.notes.join(), /is not a segment: it is passed over/);
      assert.ok(!reader.info.notes.join().includes("\u001b"), "Nothing of it reaches a terminal");
      assert.equal((await reader.queue(TOPIC).readBatch()).length, MESSAGE_COUNT);
    }
    for (const readOnly of isForeign ? [false] : [true, false]) {
      await assert.rejects(openStore(directory.path, { readOnly }), (error) => {
        assert.ok(StoreError.is(error), String(error));
        assert.ok(!error.message.includes("\u001b"), "Nothing of it reaches a terminal");
        return isExplained(error, { ...expected });
      });
    }
  });
}

const GROWN = [
  `consumequeue/${TOPIC}/0/00000000000000000000`,
  "streambed/meta",
  "streambed/tables",
  "checkpoint",
  "lock",
];

for (const path of GROWN) {
  test(
    `openStore() takes no memory for a ${path} that was grown to 4 TiB`,
    { timeout: 10_000 },
    async () => {
      await using directory = await temporaryDirectory();
      const builder = await buildStore(directory.path, "closed");
      builder.file("streambed/tables", new TextEncoder().encode("none"));
      builder.file("checkpoint", new Uint8Array(4096));
      truncateSync(join(directory.path, path), HUGE);
      const before = memoryUsage().rss;
      for (const readOnly of [true, false]) {
        try {
          await using store = await openStore(directory.path, { readOnly });
          assert.equal(store.queue(TOPIC).endOffset, MESSAGE_COUNT);
          assert.equal((await store.queue(TOPIC).readBatch()).length, MESSAGE_COUNT);
        } catch (error) {
          assert.ok(StoreError.is(error) && error.code !== "SYSTEM", String(error));
          assert.match(error.message, /^Cannot .+: .+/);
        }
      }
      // Other tests of this process may take memory too, but not this much.
      assert.ok(memoryUsage().rss - before < 2 ** 30);
    },
  );
}

test("openStore() reads segments and queue files with holes in them", async () => {
  await using directory = await temporaryDirectory();
  await buildStore(directory.path, "closed");
  execFileSync("bash", [
    "-c",
    `cd "$0" && for f in commitlog/* consumequeue/*/*/*; do
    cp --sparse=always "$f" "$f.new" && chmod 600 "$f.new" && mv "$f.new" "$f"; done`,
    directory.path,
  ]);
  await using store = await openStore(directory.path);
  assert.equal((await store.queue(TOPIC).readBatch()).length, MESSAGE_COUNT);
  assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, MESSAGE_COUNT);
});

/**
 * Who holds the lock, as the error and the file tell it: only what is certain.
 *
 * Tests: `lock_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { check, loadLibc } from "../../../ffi/mod.ts";
import { lockText, parseLockText } from "../../../storage/directory/lock_text.ts";
import { openStore, StoreError } from "../../../storage/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const RUNTIME = /^(Deno|Node\.js|Bun) \d+\.\d+\.\d+/;
const suffix = import.meta.url.endsWith(".js") ? "js" : "ts";
const WORKER = new URL(`../../runtime/ending_worker.${suffix}`, import.meta.url);

async function refusal(path: string): Promise<StoreError<"LOCKED">> {
  try {
    await (await openStore(path)).close();
  } catch (error) {
    assert.ok(StoreError.is(error, "LOCKED"), `${error}`);
    return error;
  }
  return assert.fail("It was opened");
}

test("storeLocked() says that this program holds the lock itself, since when", async () => {
  await using directory = await temporaryDirectory();
  const before = Date.now();
  const store = await openStore(directory.path);
  const { message, processId, retryable } = await refusal(directory.path);
  const line = readFileSync(join(directory.path, "lock"));
  const { since = 0, runtime = "" } = parseLockText(await loadLibc(), line) ?? {};
  assert.deepEqual([retryable, processId], [false, process.pid]);
  assert.ok(since >= before && since <= Date.now(), `${since}`);
  assert.match(runtime, RUNTIME);
  assert.match(
    message,
    /this program \(.* UTC\) holds its lock itself; close the store that it has/,
  );
  await store.close();
  assert.equal(readFileSync(join(directory.path, "lock"), "utf8"), "lock");
});

const ends = skipUnless(
  !("bun" in process.versions),
  "Bun waits for a Worker whose follower waits",
);
test(
  "storeLocked() says that a Worker of this process holds the lock, and how to let go",
  ends,
  async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const worker = new Worker(WORKER, { workerData: { path, way: "terminate" } });
    await new Promise((resolve) => worker.once("message", resolve));
    const { message, processId, retryable } = await refusal(path);
    assert.deepEqual([retryable, processId], [true, process.pid]);
    assert.match(
      message,
      /another part of this process \d+ \(.* UTC\): a Worker, another copy .* run .* holds its lock; close .* end that Worker/,
    );
    await worker.terminate();
  },
);

test("storeLocked() names another process, and nothing stale of one that is dead", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await using child = spawnScript("tests/runtime/alive_child.ts", [path, "reader"]);
  assert.equal(await child.nextLine(), "done");
  const { message, processId, retryable, reason } = await refusal(path);
  assert.deepEqual([retryable, reason, processId], [true, "writer", child.pid]);
  assert.match(message, new RegExp(`process ${child.pid} \\(.* UTC\\) holds its lock; close that`));
  child.kill();
  await child.wait();

  const libc = await loadLibc();
  const lock = join(path, "lock");
  assert.match(
    readFileSync(lock, "utf8"),
    new RegExp(`^lock\n{"processId":${child.pid},.*}\\s*\n$`),
  );
  const file = check(libc.open(lock, { flags: libc.constants.O_RDWR }), "open");
  check(libc.lockRange(file, "write", 0, 1, "description"), "lock");
  const stale = await refusal(path);
  assert.deepEqual([stale.retryable, stale.processId], [false, process.pid]);
  assert.match(stale.message, /: this program holds its lock itself;/);
  // A program that another test starts right now has the descriptor too, until it is run.
  check(libc.lockRange(file, "none", 0, 1, "description"), "unlock");
  libc.close(file);
  await (await openStore(path)).close();
});

test("A holder's line is believed only if it can be shown: a moment, and a printable runtime", async () => {
  const libc = await loadLibc();
  const text = new TextDecoder().decode(lockText(libc, 1_800_000_000_000));
  const own = JSON.parse(text.split("\n")[1]);
  const parse = (changes: object) =>
    parseLockText(
      libc,
      new TextEncoder().encode(`lock\n${JSON.stringify({ ...own, ...changes })}\n`),
    );
  assert.equal(parse({})?.since, 1_800_000_000_000);
  assert.equal(parse({ since: 8.64e15 })?.since, 8.64e15);
  for (const since of [8.64e15 + 1, 9e15, 1e300, -1, 0.5, "1"]) {
    assert.equal(parse({ since }), undefined, `${since}`);
  }
  assert.equal(parse({ runtime: "r".repeat(64) })?.runtime.length, 64);
  for (const runtime of ["", "\u001b[31mDeno", "a\nb", "a\u009bb", "é", "r".repeat(65), 1]) {
    assert.equal(parse({ runtime }), undefined, `${runtime}`);
  }
});

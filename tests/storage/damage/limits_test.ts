/**
 * Requests that are too large or lead elsewhere, and limits of the process: each is refused with a
 * sentence, and nothing is written.
 *
 * Tests: `directory/write_failure.ts`, `request_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Errno, loadLibc, quotePath } from "../../../ffi/mod.ts";
import type { StoreError } from "../../../errors.ts";
import {
  type Message,
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { scriptCommand } from "../../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { SEGMENT_BYTE_LENGTH, StoreBuilder } from "../verify/store_builder.ts";
import { isExplained, TOPIC } from "./damaged_store.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";

const CHILD = fileURLToPath(new URL("limits_child.ts", import.meta.url));
const SMALL = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100, maxBodyByteLength: 20_000 },
};

const TOO_LARGE: readonly [string, Message[], boolean, string][] = [
  ["a body", [{ topic: TOPIC, body: new Uint8Array(20_001) }], false, "body"],
  [
    "properties",
    [{ topic: TOPIC, body: "", properties: { big: "x".repeat(32_800) } }],
    false,
    "properties",
  ],
  [
    "an atomic batch",
    Array.from({ length: 4 }, () => ({ topic: TOPIC, body: new Uint8Array(19_000) })),
    true,
    "batch",
  ],
];

for (const [what, messages, atomic, reason] of TOO_LARGE) {
  test(`Store.appendAll() refuses ${what} too large, before a byte is written`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    const before = store.info.writtenPosition;
    await assert.rejects(
      store.appendAll(messages, { atomic }),
      (error) => isExplained(error, { code: "MESSAGE_TOO_LARGE", reason }),
    );
    assert.equal(store.info.writtenPosition, before);
    assert.deepEqual(store.topics(), []);
    assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, 0, "It goes on");
  });
}

test("Store.append() takes a body of exactly the limit and refuses one byte more", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const body = new Uint8Array(20_000).fill(7);
  const { position } = await store.append({ topic: TOPIC, body });
  assert.deepEqual((await store.get(position))!.body, body);
});

for (const topic of ["..", ".", "", "a/b", "../../etc", "a\0b", "x".repeat(128), "\ud800"]) {
  test(`Store.append() refuses the topic ${JSON.stringify(topic).slice(0, 20)}`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    await assert.rejects(store.append({ topic, body: "x" }), { name: "TypeError" });
    assert.equal(store.info.writtenPosition, 0);
    assert.ok(!existsSync(join(directory.path, "consumequeue")), "No folder was made");
  });
}

test("openStore() leaves out a topic of a foreign log that leads out of its folder", async () => {
  await using parent = await temporaryDirectory();
  const path = join(parent.path, "store");
  const builder = new StoreBuilder(path);
  builder.append({ topic: TOPIC, body: "before" });
  builder.append({ topic: "../../../evil", body: "evil" });
  builder.append({ topic: TOPIC, body: "after" });
  const segmentByteLength = SEGMENT_BYTE_LENGTH;
  builder.file("commitlog/00000000000000000000", builder.segmentAt(0));
  {
    await using store = await openStore(path, { geometry: { segmentByteLength } });
    const texts = (await store.queue(TOPIC).readBatch()).map((message) => message.text());
    assert.deepEqual(texts, ["before", "after"]);
    assert.match(store.info.notes.join("\n"), /evil/);
    assert.deepEqual(store.topics().map(({ topic }) => topic), [TOPIC]);
  }
  assert.ok(!existsSync(join(parent.path, "evil")) && !existsSync(join(path, "evil")));
});

/** Runs the child below a limit of bash's `ulimit`. */
async function underLimit(
  limit: string,
  path: string,
  count: number,
  options: OpenStoreOptions = SMALL,
): Promise<unknown> {
  const child = scriptCommand(CHILD, [path, `${count}`, JSON.stringify(options)]);
  const args = ["-c", `ulimit ${limit} && exec "$0" "$@"`, ...child];
  // Deno's own cache counts, too: that of the machine may be longer than the limit.
  await using cache = await temporaryDirectory();
  const env = { ...process.env, DENO_DIR: cache.path };
  const { stdout } = await promisify(execFile)("bash", args, { env });
  return JSON.parse(stdout);
}

test("openStore() refuses a limit of file length below a segment instead of dying of SIGXFSZ", async () => {
  await using directory = await temporaryDirectory();
  const limit = "-S -f 524288";
  const large = mergeOptions(SMALL, { geometry: { segmentByteLength: 1024 ** 3 } });
  const result = await underLimit(limit, directory.path, 1, large) as Record<string, string>;
  assert.equal(result.code, "LIMIT_TOO_LOW");
  assert.match(
    result.message,
    /is 536870912 bytes and 1073741824 are needed; raise it with ulimit -f$/,
  );
  assert.deepEqual(await underLimit(limit, directory.path, 1), { appended: 1 });
});

test("Store.append() goes on after the descriptors ran out in the middle of a roll", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let isOut = false;
  const environment = systemEnvironment(overrideLibc(libc, {
    openat2: (folder, path, how) => {
      return isOut && path.startsWith("streambed/next-")
        ? new Errno("EMFILE", 24, "openat2")
        : libc.openat2(folder, path, how);
    },
  }));
  await using store = await openStoreIn(environment, directory.path, SMALL);
  const body = new Uint8Array(10_000);
  isOut = true;
  const acknowledged: number[] = [];
  const failures: Error[] = [];
  for (let index = 0; index < 30; index++) {
    try {
      acknowledged.push((await store.append({ topic: TOPIC, body })).offset);
    } catch (error) {
      failures.push(error as Error);
    }
    if (failures.length === 3) isOut = false;
  }
  assert.equal(failures.length, 3);
  for (const failure of failures) assert.match(failure.message, /EMFILE/);
  assert.deepEqual(acknowledged, Array.from({ length: 27 }, (_, offset) => offset));
  assert.equal((await store.queue(TOPIC).readBatch()).length, 27);
});

test("Store.close() without descriptors says which store, why and what to do, and loses nothing", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let isOut = false;
  const environment = systemEnvironment(overrideLibc(libc, {
    openat2: (...args) => isOut ? new Errno("EMFILE", 24, "openat2") : libc.openat2(...args),
  }));
  const store = await openStoreIn(environment, directory.path, SMALL);
  await store.append({ topic: TOPIC, body: "kept" });
  isOut = true;
  await assert.rejects(store.close(), (error: StoreError<"SYSTEM">) => {
    assert.ok(error.message.startsWith(`Cannot close store ${quotePath(directory.path)}: `));
    assert.match(
      error.message,
      /failed with EMFILE; this process .* close some or raise .*ulimit -n$/,
    );
    assert.match((error.cause as Error).message, /^Cannot [a-z ]+ "[^"]+": openat2 failed/);
    assert.deepEqual([error.errno, error.retryable], ["EMFILE", true]);
    return true;
  });
  isOut = false;
  await using again = await openStoreIn(environment, directory.path, SMALL);
  assert.equal((await again.queue(TOPIC).readBatch())[0].text(), "kept");
});

test("openStore() works below a low limit of descriptors, over many queues and segments", async () => {
  await using directory = await temporaryDirectory();
  assert.deepEqual(await underLimit("-n 120", directory.path, 1000), { appended: 1000 });
});

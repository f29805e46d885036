/**
 * Stores with a log of known records, and what was done to them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { failed, loadLibc } from "../../../ffi/mod.ts";
import { openStore, type Store, StoreError } from "../../../storage/mod.ts";
import { cacheIdentity } from "../../../storage/life/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import { StoreBuilder } from "../verify/store_builder.ts";

/** Who wrote last: decides how the end of the log is judged. */
export type LastWriterKind =
  | "closed"
  | "same-boot"
  | "other-boot"
  | "other-mount"
  | "broker-killed"
  | "unknown";

/** Messages of a built store. */
export const MESSAGE_COUNT = 60;
/** The message at the mark where the last writer did not close. */
export const MARK_INDEX = 40;
/** Topic of the messages. */
export const TOPIC = "orders";

const OTHER_BOOT = "99999999-9999-4999-8999-999999999999";
const OTHER_MOUNT = "9999999999999999";

/** The text of a message. */
export function textOf(index: number): string {
  return `message ${index} ${"abcdefgh".repeat(20)}`;
}

/**
 * Writes a store of {@linkcode MESSAGE_COUNT} messages in three segments.
 *
 * @param path An empty directory.
 * @param kind Who wrote last; `"unknown"` leaves out `streambed/`, as a broker that closed
 * its store does, and `"broker-killed"` adds a broker's marker.
 * @returns The builder, which knows where everything is.
 */
export async function buildStore(path: string, kind: LastWriterKind): Promise<StoreBuilder> {
  const builder = new StoreBuilder(path);
  for (let index = 0; index < MESSAGE_COUNT; index++) {
    builder.append({ topic: TOPIC, body: textOf(index) });
  }
  builder.file("lock", new TextEncoder().encode("lock"));
  if (kind === "broker-killed") builder.file("abort", new TextEncoder().encode("4711"));
  if (kind === "unknown" || kind === "broker-killed") builder.write("none");
  else if (kind === "closed") builder.write();
  else {
    const now = await identityOf(path);
    builder.write({
      state: "open",
      mark: builder.records[MARK_INDEX].position,
      bootId: kind === "other-boot" ? OTHER_BOOT : now.bootId,
      mountId: kind === "other-mount" ? OTHER_MOUNT : now.mountId,
    });
  }
  return builder;
}

/** Boot and mount of a directory, as the store sees them. */
export async function identityOf(path: string): Promise<{ bootId: string; mountId: string }> {
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  const directory = openRoot(await loadLibc(), path, options);
  try {
    return cacheIdentity(directory);
  } finally {
    assert.ok(!failed(directory.libc.fstat(directory.descriptor)));
    directory.close();
  }
}

/**
 * Checks that a directory is opened, for reading and for writing, with a number of messages, and
 * that it goes on from there.
 *
 * @param path The directory.
 * @param count Messages that are left.
 */
export async function assertGoesOn(path: string, count: number): Promise<void> {
  for (const readOnly of [true, false]) {
    await using store = await openStore(path, { readOnly });
    await assertMessages(store, count);
    if (!readOnly) assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, count);
  }
  await using store = await openStore(path, { readOnly: true });
  assert.equal(store.queue(TOPIC).endOffset, count + 1, "Nothing old has come back");
}

async function assertMessages(store: Store, count: number): Promise<void> {
  let index = 0;
  for await (const message of store.queue(TOPIC).read()) {
    assert.equal(message.text(), textOf(index++));
  }
  assert.equal(index, count);
}

/**
 * Checks that a directory is opened by nobody, with a sentence that says what to do, and stays as
 * it is.
 *
 * @param path The directory.
 * @param expected Fields of the error.
 */
export async function assertRefused(
  path: string,
  expected: { code: string; reason: string; position?: number; path?: string },
): Promise<void> {
  const before = contentOf(path);
  for (const readOnly of [true, false]) {
    await assert.rejects(openStore(path, { readOnly }), (error) => isExplained(error, expected));
    assert.deepEqual(contentOf(path), before, "Nothing was changed");
  }
}

/** Checks the fields of an error, and that its message is a sentence with a remedy. */
export function isExplained(error: unknown, expected: Readonly<Record<string, unknown>>): true {
  assert.ok(StoreError.is(error) && error.code !== "SYSTEM", String(error));
  for (const [key, value] of Object.entries(expected)) {
    assert.equal(Reflect.get(error, key), value, `${key} of: ${error.message}`);
  }
  assert.match(error.message, /^Cannot .+: .+[;,] .+[^.]$/, "It says what to do");
  return true;
}

/** Every file of a directory with its bytes, base64. */
export function contentOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(join(path, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(path, name)).toString("base64")]),
  );
}

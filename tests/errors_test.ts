/**
 * The one class of errors.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { StoreError, storeError } from "../errors.ts";
import { temporaryDirectory } from "../harness/support/temp_dir.ts";

const SUFFIX = import.meta.url.endsWith(".js") ? "js" : "ts";

test("StoreError.is() tells a code, any code, and nothing else", () => {
  const error = storeError("LOCKED", "writer", "Cannot open store");
  assert.ok(StoreError.is(error) && StoreError.is(error, "LOCKED"));
  assert.ok(!StoreError.is(error, "CLOSED"));
  for (const other of [undefined, null, "LOCKED", new Error("x"), { code: "LOCKED" }]) {
    assert.ok(!StoreError.is(other), String(other));
    assert.ok(!StoreError.is(other, "LOCKED"), String(other));
  }
});

test("StoreError.is() knows an error of another copy of the package", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/errors.${SUFFIX}`;
  await copyFile(fileURLToPath(new URL(`../errors.${SUFFIX}`, import.meta.url)), path);
  const copy: typeof import("../errors.ts") = await import(pathToFileURL(path).href);
  const foreign = copy.storeError("DISK_FULL", undefined, "Cannot allocate", { path: "a" });
  assert.ok(!(foreign instanceof StoreError));
  assert.ok(StoreError.is(foreign, "DISK_FULL"));
  assert.ok(copy.StoreError.is(storeError("CLOSED", undefined, "Cannot read"), "CLOSED"));
});

test("StoreError has what is known of it and nothing else, and says what to do at the end", () => {
  const cause = new Error("below");
  const details = { path: "a", position: 0, limit: undefined, remedy: "look", cause };
  const error = storeError("CORRUPTED", "short-log", "Cannot open store: it is short", details);
  assert.equal(`${error}`, "StoreError: Cannot open store: it is short; look");
  assert.match(error.stack ?? "", /^StoreError: Cannot open store: it is short; look\n/);
  assert.equal(error.cause, cause);
  assert.deepEqual({ ...error }, {
    code: "CORRUPTED",
    reason: "short-log",
    retryable: false,
    path: "a",
    position: 0,
    remedy: "look",
  });
  assert.ok(!("cause" in storeError("CLOSED", undefined, "Cannot read")));
});

test("StoreError tells what may succeed again by its code, unless it is said", () => {
  for (const code of ["DISK_FULL", "LOCKED", "GROUP_BUSY", "CLOSED", "SYSTEM"] as const) {
    const again = ["DISK_FULL", "LOCKED", "GROUP_BUSY"].includes(code);
    const reason = undefined as never;
    assert.equal(storeError(code, reason, "Cannot").retryable, again, code);
    assert.equal(storeError(code, reason, "Cannot", { retryable: !again }).retryable, !again);
  }
});

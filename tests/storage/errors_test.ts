/**
 * Errors of a store: each says what to do, by its reason, and carries the path that it is about.
 * Tests: `storage/file_errors.ts`, `storage/request_errors.ts`, `storage/lock_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, systemError } from "../../ffi/mod.ts";
import {
  checkpointAhead,
  damagedBackup,
  damagedLog,
  damagedQueue,
  diskFull,
  durabilityLost,
  fileLimitTooLow,
  foreignFile,
  foreignFormat,
  groupBusy,
  guardUnavailable,
  messageTooLarge,
  notFound,
  offsetOutOfRange,
  oversizedFile,
  permissionDenied,
  readOnlyStore,
  segmentDeleted,
  storeClosed,
  type StoreError,
  storeLocked,
  unsafePath,
  unsupportedVersion,
} from "../../storage/errors.ts";

const PLACE = { path: "p", position: 4096 };
const FILES = { found: "a file", version: 3, oldest: 1, newest: 2 };
const LOST = systemError(new Errno("EIO", 5, "fsync"), "sync", "p");

/** An error, its code, its reason and its remedy. */
const ABOUT_PATHS: readonly [StoreError, code: string, reason: unknown, remedy: RegExp][] = [
  [notFound("store", "a", "b", { path: "p", remedy: "look" }), "NOT_FOUND", "store", /^look$/],
  [notFound("backup", "a", "b", { path: "p", remedy: "look" }), "NOT_FOUND", "backup", /^look$/],
  [segmentDeleted("back up", "p"), "NOT_FOUND", "segment", /start again/],
  [damagedLog("damaged-record", "a", "b", PLACE), "CORRUPTED", "damaged-record", /salvage/],
  [damagedLog("wrong-length", "a", "b", PLACE), "CORRUPTED", "wrong-length", /salvage/],
  [damagedLog("short-log", "a", "b", PLACE), "CORRUPTED", "short-log", /logDirectories/],
  [damagedLog("missing-segment", "a", "b", PLACE), "CORRUPTED", "missing-segment", /bring/],
  [damagedQueue("b", PLACE), "CORRUPTED", "damaged-file", /rebuild/],
  [damagedBackup("b", "p"), "CORRUPTED", "damaged-file", /another backup/],
  [oversizedFile("p", 2, 1), "CORRUPTED", "wrong-length", /move it away/],
  [foreignFile("a", "b", { path: "p", remedy: "move" }), "CORRUPTED", "foreign-file", /^move$/],
  [foreignFormat("p", "a", "look"), "UNSUPPORTED_FORMAT", "foreign", /^look$/],
  [unsupportedVersion("read", "p", FILES), "UNSUPPORTED_FORMAT", "newer", /1 to 2, use a newer/],
  [
    unsupportedVersion("read", "p", { ...FILES, version: 0 }),
    "UNSUPPORTED_FORMAT",
    "older",
    /an older one/,
  ],
  [durabilityLost("sync-failed", "p", { cause: LOST }), "DURABILITY_LOST", "sync-failed", /again/],
  [unsafePath("hard-linked", "p"), "UNSAFE_DIRECTORY", "hard-linked", /copy it/],
  [permissionDenied("p", "--allow-ffi"), "PERMISSION_DENIED", undefined, /^--allow-ffi$/],
  [diskFull("p", 1), "DISK_FULL", undefined, /make room/],
  [guardUnavailable("p", LOST), "GUARD_UNAVAILABLE", undefined, /open with guard: "lease"/],
  [storeLocked("p", { where: "elsewhere" }), "LOCKED", "writer", /readOnly/],
];

test("Errors about a file carry its path, and say what to do by their reason", () => {
  for (const [error, code, reason, remedy] of ABOUT_PATHS) {
    assert.deepEqual([error.code, error.reason, error.path], [code, reason, "p"], error.message);
    assert.match(error.remedy ?? "", remedy);
    assert.match(error.message, /^Cannot .+: .+[^.]$/);
    assert.ok(error.message.endsWith(error.remedy!), error.message);
  }
});

test("damagedLog() and damagedQueue() never tell each other's remedy", () => {
  assert.doesNotMatch(damagedQueue("b", PLACE).message, /salvage|backup/);
  assert.doesNotMatch(damagedLog("damaged-record", "a", "b", PLACE).message, /rebuild/);
  assert.equal(damagedQueue("b", PLACE).position, 4096);
});

test("Errors about a call carry what it asked for, and tell whether it may succeed later", () => {
  const range = { earliest: 2, latest: 5 };
  const { reason, offset, retryable } = offsetOutOfRange("q", 1, range);
  assert.deepEqual([reason, offset, retryable], ["before-earliest", 1, false]);
  assert.deepEqual(offsetOutOfRange("q", 6, range).reason, "after-end");
  assert.ok(offsetOutOfRange("q", 6, range).retryable);
  const large = messageTooLarge("batch", 9, 8);
  assert.deepEqual([large.reason, large.byteLength, large.limit], ["batch", 9, 8]);
  const limit = fileLimitTooLow("a", 1, 2);
  assert.deepEqual([limit.limit, limit.byteLength], [1, 2]);
  assert.equal(checkpointAhead("j", "q", { offset: 7, latest: 5 }).offset, 7);
  assert.ok(groupBusy("g", "q", { where: "program" }).retryable && !readOnlyStore("a").retryable);
  assert.equal(storeClosed("a", LOST).cause, LOST);
});

test("storeLocked() tells a broker from a writer, and what does not pass by waiting", () => {
  const broker = storeLocked("p", { where: "elsewhere", processId: 7, isBroker: true });
  assert.deepEqual([broker.reason, broker.processId, broker.retryable], ["broker", 7, true]);
  assert.equal(storeLocked("p", { where: "program", processId: 7 }).retryable, false);
  assert.equal(storeLocked("p", { where: "process", processId: 7 }).retryable, true);
});

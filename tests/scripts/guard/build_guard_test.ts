/**
 * The machine code of the SIGBUS guard: compiled again, and compared byte by byte.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  GUARD_CODE,
  GUARD_COMPILER,
  GUARD_MARK_AT,
  GUARD_RESTORER_AT,
} from "../../../ffi/guard/mod.ts";
import {
  buildGuard,
  GUARD_MODULE,
  guardCompiler,
  guardModule,
} from "../../../scripts/guard/build_guard.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const compiler = await guardCompiler();
const NEEDS_COMPILER = skipUnless(
  compiler === GUARD_COMPILER,
  compiler === undefined
    ? "there is no gcc for x86-64 to build the SIGBUS guard again, or no objcopy"
    : `the SIGBUS guard was built by ${GUARD_COMPILER}; ${compiler} may give other bytes`,
);

test("GUARD_CODE is what the compiler makes of guard.c", NEEDS_COMPILER, async () => {
  await using directory = await temporaryDirectory();
  const built = await buildGuard(directory.path);
  assert.equal(toHex(built.code), toHex(GUARD_CODE));
  assert.equal(guardModule(built), await readFile(GUARD_MODULE, "utf8"));
});

test("GUARD_CODE has its mark, and what a handler returns to, where the module says", () => {
  const mark = GUARD_CODE.subarray(GUARD_MARK_AT, GUARD_MARK_AT + 16);
  assert.equal(new TextDecoder().decode(mark), "streambdsigbusv1");
  // mov $15, %rax; syscall
  const restorer = GUARD_CODE.subarray(GUARD_RESTORER_AT, GUARD_RESTORER_AT + 9);
  assert.equal(toHex(restorer), "48c7c00f0000000f05");
  assert.ok(GUARD_CODE.length > GUARD_RESTORER_AT + 9 && GUARD_CODE.length <= 4096);
});

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

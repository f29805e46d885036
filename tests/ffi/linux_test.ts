/**
 * The flags, against those that the runtime has of its own.
 *
 * @module
 */
import { type LinuxConstants, linuxConstants } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { constants as files } from "node:fs";
import { arch, constants as system } from "node:os";
import { test } from "node:test";

const HERE = linuxConstants(arch() === "arm64" ? "arm64" : "x86-64");

test("linuxConstants() agrees with the flags of the runtime on this processor", () => {
  const names = Object.keys(HERE) as (keyof LinuxConstants)[];
  const shared = names.filter((name) => name in files);
  assert.ok(shared.length >= 10);
  for (const name of shared) assert.equal(HERE[name], files[name as keyof typeof files], name);
  assert.equal(HERE.SIGURG, system.signals.SIGURG);
  assert.equal(HERE.SIGIO, system.signals.SIGIO);
});

test("linuxConstants() differs between processors only where their headers do", () => {
  const x86 = linuxConstants("x86-64");
  const arm = linuxConstants("arm64");
  const names = Object.keys(x86) as (keyof LinuxConstants)[];
  assert.deepEqual(names.filter((name) => x86[name] !== arm[name]), [
    "O_DIRECTORY",
    "O_NOFOLLOW",
    "O_TMPFILE",
  ]);
  assert.deepEqual([x86.O_DIRECTORY, x86.O_NOFOLLOW], [0x10000, 0x20000]);
  assert.deepEqual([arm.O_DIRECTORY, arm.O_NOFOLLOW], [0x4000, 0x8000]);
  assert.ok(Object.isFrozen(x86));
});

test("linuxConstants() gives every flag of a kind bits of its own", () => {
  for (const kind of ["RESOLVE_", "FALLOC_FL_", "IN_"]) {
    const flags = Object.entries(HERE).filter(([name]) => name.startsWith(kind));
    assert.ok(flags.length >= 3);
    const sum = flags.reduce((all, [, flag]) => all + flag, 0);
    const union = flags.reduce((all, [, flag]) => all | flag, 0);
    assert.equal(union, sum, kind);
  }
});

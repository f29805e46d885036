/**
 * The environment of a simulated process, and the hooks.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, Errno } from "../../../ffi/mod.ts";
import { Choices } from "../../../harness/simulation/machine/choices.ts";
import {
  endAt,
  errorsOf,
  failNth,
  firstOf,
  randomErrors,
} from "../../../harness/simulation/machine/hooks.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";

test("simEnvironment() tells a local time that depends on nothing but its zone", () => {
  const process = machine(1).spawn();
  const ms = Date.UTC(2024, 1, 29, 23, 59, 58, 7);
  const parts = { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 58, millisecond: 7 };
  assert.deepEqual(simEnvironment(process).clock.localTime(ms), parts);
  const ahead = simEnvironment(process, { zoneMinutes: 30 }).clock.localTime(ms);
  assert.deepEqual(ahead, { ...parts, month: 3, day: 1, hour: 0, minute: 29 });
});

test("simEnvironment() has timers, clocks and chance that a history repeats", async () => {
  const run = async () => {
    const kernel = machine(1);
    const { clock, timers, random } = simEnvironment(kernel.spawn());
    const seen: unknown[] = [clock.now(), random.bytes(4)];
    timers.after(20, () => seen.push(clock.monotonic()));
    timers.defer(() => seen.push("deferred"));
    await kernel.scheduler.settle(timers.pause());
    await kernel.scheduler.advance(25);
    return [...seen, clock.now()];
  };
  const first = await run();
  assert.deepEqual(await run(), first);
  assert.deepEqual(first.slice(2, 4), ["deferred", 20]);
  assert.equal(Number(first[4]) - Number(first[0]), 25);
});

test("failNth() fails one call and no other", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.create("file");
  kernel.hook = failNth("fstat", 2, "EIO");
  const told = [1, 2, 3].map(() => user.libc.fstat(file) instanceof Errno);
  assert.deepEqual(told, [false, true, false]);
  assert.equal(kernel.injectedCount, 1);
});

test("endAt() ends a process at a call, whatever it is", () => {
  for (const [end, survives] of [["kill", true], [{ cut: 0 }, false]] as const) {
    const kernel = machine(1);
    const user = boot(kernel);
    kernel.hook = endAt(kernel.callCount + 2, end);
    const first = user.create("a");
    assert.ok(first > 0);
    check(user.libc.close(first), "close");
    assert.throws(() => user.libc.close(first), /dead/);
    kernel.hook = () => undefined;
    assert.deepEqual(boot(kernel).names(), survives ? ["a"] : []);
  }
});

test("randomErrors() meets every error of a call, short transfers included, and no store", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.create("file", 4096);
  const mapping = user.map(file, 4096);
  const bytes = new Uint8Array(100);
  kernel.hook = randomErrors(new Choices(1), 1, 2);
  const seen = new Set<string>();
  for (let turn = 0; turn < 200; turn++) {
    mapping.setI32(0, turn);
    const outcome = user.libc.pwrite(file, bytes, 0);
    seen.add(outcome instanceof Errno ? outcome.code : outcome < 100 ? "short" : "whole");
  }
  assert.deepEqual([...seen].toSorted(), [...errorsOf("pwrite"), "short", "whole"].toSorted());
});

test("firstOf() obeys the first hook that decides", () => {
  const hook = firstOf(() => undefined, () => ({ fail: "EIO" }), () => "kill");
  const call = { kind: "call", name: "fsync", path: "", position: 0, byteLength: 0 } as const;
  assert.deepEqual(hook({ ...call, processId: 1, number: 1 }), { fail: "EIO" });
});

test("SimKernel.hook may let another process run in the middle of a call", () => {
  const kernel = machine(1);
  const one = boot(kernel);
  const other = boot(kernel);
  let done = false;
  kernel.hook = ({ name, processId }) => {
    if (name === "renameat" && processId === one.process.id && !done) {
      done = true;
      check(other.libc.unlinkat(other.directory, "file"), "unlink");
    }
    return undefined;
  };
  one.create("file");
  const outcome = one.libc.renameat(one.directory, "file", one.directory, "new");
  assert.equal(outcome instanceof Errno && outcome.code, "ENOENT");
});

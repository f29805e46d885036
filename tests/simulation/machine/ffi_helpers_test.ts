/**
 * The helpers of ffi/ that stand on `Libc` alone, on the simulated one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, takeFileLock, transferRange, watchFile } from "../../../ffi/mod.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";

test("takeFileLock() excludes another simulated process until the first is killed", () => {
  const kernel = machine(1);
  const one = boot(kernel);
  const other = boot(kernel);
  const file = one.create("lock");
  const foreign = other.open("lock");
  assert.ok(!(takeFileLock(one.libc, file) instanceof Errno));
  assert.ok(takeFileLock(other.libc, foreign) instanceof Errno);
  kernel.kill(one.process);
  assert.ok(!(takeFileLock(other.libc, foreign) instanceof Errno));
});

test("transferRange() copies every byte although transfers are short", async () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const bytes = Array.from({ length: 5000 }, (_, index) => index % 251);
  user.write(user.create("from"), 0, bytes);
  const [source, target] = [user.open("from"), user.create("to")];
  let shortCount = 0;
  kernel.hook = ({ name }) => {
    if (!name.startsWith("sendfile")) return undefined;
    shortCount++;
    return { limit: 700 };
  };
  const range = { source, target, from: 100, to: 5000, targetPosition: 0 };
  const copy = transferRange(user.libc, range);
  assert.equal(await kernel.scheduler.settle(copy, user.process), 4900);
  kernel.hook = () => undefined;
  assert.deepEqual(user.read("to", 0, 6000), bytes.slice(100));
  assert.equal(shortCount, 7);
});

test("watchFile() wakes one process for the writes of another", async () => {
  const kernel = machine(1);
  const writer = boot(kernel);
  const reader = boot(kernel);
  const file = writer.create("mark", 4096);
  let count = 0;
  const watch = watchFile(reader.libc, reader.open("mark"), () => count++);
  assert.ok(!(watch instanceof Errno));
  await kernel.scheduler.idle();
  assert.equal(count, 0);
  writer.write(file, 0, [1]);
  await kernel.scheduler.idle();
  assert.equal(count, 1);
  await kernel.scheduler.settle(watch.close(), reader.process);
  writer.write(file, 0, [2]);
  await kernel.scheduler.idle();
  assert.equal(count, 1);
  assert.deepEqual(kernel.faults, []);
});

/**
 * What is seen of a process from outside.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ProcessWatch } from "../../../scripts/bench/process_needs.ts";

const MEBIBYTES = 64;

function look(processId: number, programs?: readonly string[]): ProcessWatch {
  const watch = new ProcessWatch(processId, programs);
  watch.stop();
  return watch;
}

test("ProcessWatch sees memory outside of mappings, processor time and faults", () => {
  const before = look(process.pid);
  const memory = new Uint8Array(MEBIBYTES * 1024 * 1024).fill(1);
  const after = look(process.pid);
  assert.equal(memory.length, MEBIBYTES * 1024 * 1024);
  // Something else may have been given back meanwhile.
  const grown = after.memoryByteLength - before.memoryByteLength;
  assert.ok(grown > memory.length / 2, `${grown} bytes`);
  assert.ok(after.needs!.minorFaults > before.needs!.minorFaults);
  assert.ok(after.needs!.cpuSeconds >= before.needs!.cpuSeconds && before.needs!.cpuSeconds > 0);
});

test("ProcessWatch looks at the program that a script has started, if it is one that is asked for", async () => {
  const script = spawn("bash", ["-c", "sleep 600; true"], { detached: true });
  try {
    const children = `/proc/${script.pid}/task/${script.pid}/children`;
    while (readFileSync(children, "utf8") === "") await setImmediate();
    const child = Number(readFileSync(children, "utf8"));
    while (readFileSync(`/proc/${child}/comm`, "utf8") !== "sleep\n") await setImmediate();
    assert.ok(look(script.pid!, ["sleep"]).needs !== undefined);
    assert.equal(look(script.pid!, ["java", "bash"]).needs, undefined);
  } finally {
    // All of its group.
    process.kill(-script.pid!, "SIGKILL");
    await once(script, "close");
  }
});

test("ProcessWatch tells nothing of a process that is gone", async () => {
  const child = spawn("true");
  await once(child, "close");
  const watch = look(child.pid!);
  assert.deepEqual([watch.needs, watch.memoryByteLength], [undefined, 0]);
});

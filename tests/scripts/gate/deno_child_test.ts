/**
 * A child of the gate that never ends does not hold it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { judgeTestRun } from "../../../scripts/gate/counts.ts";
import { runDeno } from "../../../scripts/gate/deno_child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

/** Runs a program under the gate's eyes, in a directory of its own. */
function runProgram(cwd: string, program: string, silenceMs: number): ReturnType<typeof runDeno> {
  writeFileSync(join(cwd, "program.ts"), program);
  return runDeno(["run", "-A", "--no-check", "program.ts"], { cwd, silenceMs });
}

test("runDeno() kills a child that only says that it still runs, and waits for none that it left behind", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const run = await runProgram(
    path,
    `
    const args = ["-c", "sleep 60; : 2>/dev/null >ended"];
    new Deno.Command("sh", { args, stdout: "inherit" }).spawn();
    setInterval(() => console.log("'a test' has been running for over (1m0s)"), 1000);
  `,
    3000,
  );
  assert.equal(run.problem, "it was killed after 3 s without a word");
  assert.deepEqual(judgeTestRun(run).counts, { passed: 0, failed: 1, skipped: 0 });
  assert.ok(!existsSync(join(path, "ended")), "It waited for what the child left behind");
});

test("runDeno() lets a child run that ends, whatever its code", async () => {
  await using directory = await temporaryDirectory();
  const program = `console.log("done"); Deno.exit(3);`;
  const run = await runProgram(directory.path, program, 600_000);
  assert.deepEqual(run, { code: 3, stdout: "done\n" });
});

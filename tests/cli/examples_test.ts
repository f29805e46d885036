/**
 * The examples in the help of commands: each is there, and each runs.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EXAMPLES } from "../../cli/examples.ts";
import { scriptCommand } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { PROGRAM, runCli } from "./cli_child.ts";

const LINES_CHILD = fileURLToPath(new URL("lines_child.ts", import.meta.url));

test("streambed COMMAND --help ends with examples", async () => {
  const { out } = await runCli(["groups", "--help"]);
  assert.ok(out.endsWith(`Examples:\n${EXAMPLES.groups.map((line) => `  ${line}\n`).join("")}`));
});

/** What a shell must run: pipes, files, quotation marks. */
const NEEDS_SHELL = /[|<>']/;

test("streambed runs every example of its help", async () => {
  await using dir = await temporaryDirectory();
  const program = join(dir.path, "streambed");
  const words = scriptCommand(PROGRAM).map((word) => `'${word}'`).join(" ");
  writeFileSync(program, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(program, 0o700);
  const run = promisify(execFile);
  const how = {
    cwd: dir.path,
    env: { ...process.env, PATH: `${dir.path}:${process.env.PATH}`, NO_COLOR: "1" },
  };
  const examples = Object.values(EXAMPLES).flat();
  const script = examples.filter((line) => NEEDS_SHELL.test(line)).join("\n");
  const piped = await run("sh", ["-e", "-c", script], how);
  const lines = examples.filter((line) => !NEEDS_SHELL.test(line))
    .map((line) => line.replace("streambed ", ""));
  const [child, ...args] = scriptCommand(LINES_CHILD, lines);
  const { stdout } = await run(child, args, how);
  const printed = [
    /^\{"topic":"orders","queueId":0,"offset":3,"position":\d+\}$/m, // append --json --acks
    /^1 order-1 2$/m, // cat --format
    /^20\S+Z, orders\/0, offset 3, .* keys order-2, 3 bytes: ham$/m, // cat --long
    /^billing +orders +0 +\d +4 +\d +-$/m, // groups
    /^billing +orders +0 +0 +4 +4 +-$/m, // groups --reset
    /^sound$/m,
    /^rescued 4 messages into rescued$/m,
    / {2}mappedFileSizeCommitLog=\d+$/m,
  ];
  for (const text of printed) assert.match(piped.stdout + stdout, text);
});

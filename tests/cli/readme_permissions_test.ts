/**
 * The command line with the permissions that README gives it, and nothing in the environment that
 * keeps it from asking for more.
 *
 * Tests: `cli/colours.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../mod.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";
import { runCli } from "./cli_child.ts";

const COMMANDS = [
  ["--help"],
  ["ls", "--help"],
  ["ls"],
  ["info"],
  ["groups"],
  ["cat", "t"],
  ["find", "t", "k"],
  ["export"],
  ["dlq"],
  ["verify"],
  ["doctor"],
  ["metrics"],
];

test(
  "streambed asks Deno for no more than the permissions of README",
  skipUnless(RUNTIME === "deno", "the permissions are Deno's"),
  async () => {
    await using dir = await temporaryDirectory();
    {
      await using store = await openStore(dir.path);
      await store.append({ topic: "t", body: "a", keys: "k" });
    }
    const flags = { deno: ["--no-prompt", "--allow-ffi", `--allow-read=${dir.path}`] };
    for (const command of COMMANDS) {
      const { code, out, err } = await runCli([...command, "-d", dir.path], { flags });
      assert.doesNotMatch(out + err, /NotCapable|Requires/, command.join(" "));
      // Of what may only be read doctor says so.
      assert.equal(code, 0, err);
      if (command[0] === "doctor") assert.match(out, /^fair +permission to write: denied/m);
    }
    const misspelt = await runCli(["lss", "-d", dir.path], { flags });
    assert.match(misspelt.err, /^streambed: Cannot run the command: unknown command 'lss'/);
  },
);

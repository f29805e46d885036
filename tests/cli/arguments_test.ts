/**
 * What is typed wrongly: exit code 2, the word that is wrong, the one that was meant, and nothing
 * done.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { run } from "../../cli/mod.ts";
import { openStore } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { treeOf } from "../../harness/support/tree.ts";

/** Arguments, and what has to be said about them. */
const WRONG: readonly (readonly [args: readonly string[], told: RegExp])[] = [
  [["apend", "orders"], /unknown command 'apend' \(Did you mean append\?\)/],
  [["append", "orders", "--durabilty", "flushed"], /'--durabilty' \(Did you mean --durability\?\)/],
  [["append", "orders", "--durability", "Flushed"], /--durability is "Flushed".*mean "flushed"\?/],
  [["append", "orders", "--durability", "5"], /--durability is "5", it must be "committed" or/],
  [["append", "a/b"], /topic is "a\/b", it must be 1 to 127 of the characters/],
  [["append", ""], /topic is ""/],
  [["append", "orders", "--key", ""], /--key is ""/],
  [["append", "orders", "--key", "a", "b c"], /--key is "b c"/],
  [["append", "orders", "--tag", ""], /--tag is ""/],
  [["append", "orders", "--queue", "1.5"], /"1.5" as a queue: it must be a whole number from 0 to/],
  [["append", "orders", "--queue", "2147483648"], /as a queue/],
  [["append", "orders", "--delimiter", "\\q"], /only \\n, \\t/],
  [["cat", "orders", "--limt", "1"], /'--limt' \(Did you mean --limit\?\)/],
  [["cat", "orders", "--limit", "1e3"], /"1e3" as a limit/],
  [["cat", "orders", "--from", "earlist"], /the place "earlist".*did you mean earliest\?/],
  [["cat", "orders", "--from", "1.5"], /the place "1.5"/],
  [["cat", "orders", "--tag", ""], /--tag is ""/],
  [["cat", "orders", "--group", "a b"], /--group is "a b"/],
  [["cat", "a/b"], /topic is "a\/b"/],
  [["cat", "orders", "more"], /too many arguments/],
  [["tail", ".."], /topic is "\.\."/],
  [["get", "-5"], /./],
  [["get", "9007199254740993"], /as a position/],
  [["find", "orders", ""], /key is ""/],
  [["find", "orders", "k", "--from", "yesterday"], /the time "yesterday"/],
  [["find", "orders", "k", "--from", "5s", "--to", "4s"], /--to is before --from/],
  [["groups", "--reset", "a b", "orders", "--to", "0"], /group is "a b"/],
  [["groups", "--reset", "g", "orders", "--to", "lastest"], /did you mean latest\?/],
  [["backup", ""], /file is ""/],
  [["restore", "", "x"], /file is ""/],
  [["restore", "x", ""], /directory is ""/],
  [["salvage", ""], /target is ""/],
  [["dump", "--as", "lgo", "x"], /--as is "lgo".*did you mean "log"\?/],
  [["dump", ""], /file is ""/],
  [["bench", "--rounds", "0"], /"0" as a count: it must be a whole number from 1 to 100/],
  [["--dir", "", "append", "orders"], /--dir is ""/],
];

/**
 * Runs a command in this process, which is a hundred times cheaper, and takes down all that it
 * says.
 */
async function runHere(args: readonly string[]): Promise<{ code: number; text: string }> {
  const { stdout, stderr } = process;
  const writes = [stdout.write, stderr.write] as const;
  let text = "";
  stdout.write = stderr.write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  try {
    const code = await run(args);
    return { code, text };
  } finally {
    [stdout.write, stderr.write] = writes;
  }
}

test("streambed refuses what is typed wrongly before anything is done", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "store");
  const small = {
    geometry: { segmentByteLength: 65_536, queueEntryCount: 100, indexSlotCount: 100 },
  };
  await (await openStore(path, { ...small, geometry: { ...small.geometry, indexEntryCount: 400 } }))
    .close();
  const before = treeOf(directory.path);
  for (const [args, told] of WRONG) {
    const { code, text } = await runHere(["--dir", path, ...args]);
    const label = args.join(" ");
    assert.equal(code, 2, `${label}: ${text}`);
    assert.match(text, told, label);
    assert.match(text, /^streambed: Cannot [^\n]*\n$/, label);
  }
  assert.deepEqual(treeOf(directory.path), before);
});

test("run() ends on its signal with the exit code of an interruption", async () => {
  await using directory = await temporaryDirectory();
  await (await openStore(directory.path)).close();
  const args = ["--dir", directory.path, "--quiet", "tail", "t"];
  assert.equal(await run(args, { signal: AbortSignal.abort() }), 130);
});

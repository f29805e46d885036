/**
 * What holds for every command, and `doctor` and `bench`, which look at the machine.
 *
 * Tests: `cli/context.ts`, `doctor/kernel.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { promisify } from "node:util";
import { loadLibc, mappingAccess } from "../../ffi/mod.ts";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { RUNTIME, type RuntimeFlags, scriptCommand } from "../../harness/support/runtime.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { linesOf, objectsOf, PROGRAM, runCli, spawnCli } from "./cli_child.ts";

const CONFIGURATION = new URL("../../deno.json", import.meta.url);
const COMMANDS = [
  "append",
  "cat",
  "tail",
  "get",
  "find",
  "export",
  "ls",
  "info",
  "groups",
  "metrics",
  "retry",
  "dlq",
  "verify",
  "dump",
  "rebuild",
  "salvage",
  "backup",
  "restore",
  "bench",
  "doctor",
];

test("streambed --help names every command, and each has help of its own", async () => {
  const { code, out, err } = await runCli(["--help"]);
  assert.deepEqual([code, err], [0, ""]);
  for (const command of COMMANDS) assert.match(out, new RegExp(`^  ${command}\\b`, "m"));
  const own = await Promise.all(COMMANDS.slice(0, 4).map((command) => runCli([command, "--help"])));
  for (const { code, out } of own) {
    assert.equal(code, 0);
    assert.match(out, /--dir <dir>/);
  }
});

test("streambed --version prints the version of the package", async () => {
  const { version } = JSON.parse(await readFile(CONFIGURATION, "utf8"));
  const { code, out, err } = await runCli(["--version"]);
  assert.deepEqual([code, out, err], [0, `${version}\n`, ""]);
});

test("streambed says in one line how it was called wrongly, and exits 2", async () => {
  const calls = [
    ["nonsense"],
    ["cat"],
    ["cat", "t", "--nonsense"],
    ["cat", "t", "--limit", "x"],
    ["cat", "t", "--from", "yesterday"],
    ["cat", "t", "--format", "%q"],
    ["get", "-1"],
    ["append", "t", "--durability", "maybe"],
    ["append", "t", "-d", "x", "--delimiter", ""],
    ["dump", "--as", "nonsense", "x"],
  ];
  await using dir = await temporaryDirectory();
  for (const args of calls) {
    const { code, out, err } = await runCli(args, { cwd: dir.path });
    assert.deepEqual([code, out], [2, ""], `${args}: ${err}`);
    assert.match(err, /^streambed: Cannot [^\n]+\n$/, args.join(" "));
  }
  assert.deepEqual(readdirSync(dir.path), [], "nothing was made before the call was understood");
});

test("streambed finds no store where there is none, whatever is asked", async () => {
  await using dir = await temporaryDirectory();
  for (const args of [["cat", "t"], ["ls"], ["verify"], ["rebuild"], ["backup", "x"]]) {
    const { code, out, err } = await runCli([...args, "-d", dir.path]);
    assert.deepEqual([code, out], [1, ""], args.join(" "));
    assert.match(err, /^streambed: Cannot [^\n]+\n$/, args.join(" "));
  }
  assert.deepEqual(readdirSync(dir.path), []);
});

test("streambed ends quietly when nobody reads what it prints", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path);
    const body = "x".repeat(1000);
    const batch = Array.from({ length: 2000 }, () => ({ topic: "t", body }));
    await store.appendAll(batch, { durability: "committed" });
  }
  for (const args of [["cat", "t"], ["cat", "t", "--json"]]) {
    const child = spawnCli([...args, "-d", dir.path]);
    await once(child.stdout, "readable");
    child.stdout.destroy();
    child.stdin.end();
    const [code, err] = await Promise.all([child.exited, text(child.stderr)]);
    assert.deepEqual([code, err], [0, ""]);
  }
});

test("streambed escapes control characters of names in its messages", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const { err } = await runCli(["cat", "a\x1b[31m\n\u202e", "-d", golden.root]);
  assert.equal(linesOf(err).length, 1);
  assert.equal(err.includes("\x1b"), false);
  assert.match(err, /a\\u001b\[31m\\n\\u202e/);
});

/** Runs a command whose streams are a terminal. */
async function runOnTerminal(
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const args = ["-qec", command, "/dev/null"];
  const options = { env: { ...process.env, ...env } };
  return (await promisify(execFile)("script", args, options)).stdout;
}

const hasScript = existsSync("/usr/bin/script");

test(
  "streambed shows a terminal no control characters of bodies, and colours unless NO_COLOR says so",
  skipUnless(hasScript, "script(1) of util-linux is needed to make a terminal"),
  async () => {
    await using dir = await temporaryDirectory();
    {
      await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
      await store.append({ topic: "t", body: "red \x1b[31m\x07 end \x9b\u202e", keys: "\x1b]0;" });
    }
    const program = scriptCommand(PROGRAM).join(" ");
    const plain = await runOnTerminal(`${program} cat t -d ${dir.path}`, { NO_COLOR: "1" });
    assert.match(plain, /red \\u001b\[31m\\u0007 end \\u009b\\u202e/);
    const json = await runOnTerminal(`${program} cat t --json -d ${dir.path}`, { NO_COLOR: "1" });
    for (const raw of ["\x1b", "\x9b", "\u202e"]) assert.equal(json.includes(raw), false);
    assert.equal(JSON.parse(json).body, "red \x1b[31m\x07 end \x9b\u202e");
    const quiet = await runOnTerminal(`${program} verify -d ${dir.path}`, { NO_COLOR: "1" });
    assert.equal(quiet.includes("\x1b[3"), false);
    const colours = `env -u NO_COLOR ${program} verify -d ${dir.path}`;
    const colourful = await runOnTerminal(colours, { TERM: "xterm" });
    assert.equal(colourful.includes("\x1b[32msound"), true);
  },
);

test(
  "streambed shows a terminal how far it is, and takes the line away at the end",
  skipUnless(hasScript, "script(1) of util-linux is needed to make a terminal"),
  async () => {
    await using dir = await temporaryDirectory();
    const lines = Array.from({ length: 3000 }, (_, at) => `line ${at}\n`).join("");
    await writeFile(join(dir.path, "lines"), lines);
    const program = scriptCommand(PROGRAM).join(" ");
    const command = `${program} append t -d ${dir.path}/store <${dir.path}/lines`;
    const shown = (await runOnTerminal(command, { NO_COLOR: "1" })).replaceAll("\x1b", "ESC");
    assert.match(shown, /\rappend █+ 100 %, 28\.2 KiB of 28\.2 KiB, 1000 m[^\n]*ESC\[K/);
    assert.match(shown, /\rESC\[KESC\[\?25happended 3000 messages, [^\n]*\n$/);
    const quiet = await runOnTerminal(`${command} --quiet`);
    assert.equal(quiet, "");
  },
);

test("streambed --debug shows where an error came from, and nothing does without", async () => {
  const calls = [["ls", "-d", "/nonexistent"], ["ls", "-d", "/nonexistent", "--debug"]];
  const [plain, debug] = await Promise.all(calls.map((args) => runCli(args)));
  assert.equal(linesOf(plain.err).length, 1);
  assert.match(debug.err, /\n {4}at /);
});

test("streambed doctor judges runtime, directory and kernel, and changes nothing", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const before = JSON.stringify(readdirSync(golden.root, { recursive: true }));
  const { code, out, err } = await runCli(["doctor", "-d", golden.root, "--json"]);
  assert.deepEqual([code, err], [0, ""]);
  const [report] = objectsOf(out);
  const verdicts = report.verdicts as {
    name: string;
    value: string;
    state: string;
    change?: string;
  }[];
  const named = new Map(verdicts.map((verdict) => [verdict.name, verdict]));
  assert.match(named.get("runtime")!.value, /^(Deno\/2|Node\.js\/2\d|Bun\/1)\.?/);
  assert.match(named.get("libc")!.value, /^\/.*libc|^\/.*musl/);
  assert.equal(named.get("permission to write")!.state, "good");
  assert.equal(named.get("mappings")!.value, mappingAccess(await loadLibc()));
  for (const name of ["directory", "file system", "space", "guard", "open files", "kernel"]) {
    assert.ok(named.has(name), name);
  }
  const settings = [
    "dirty_background_ratio",
    "dirty_ratio",
    "dirty_writeback_centisecs",
    "min_free_kbytes",
    "swappiness",
    "max_map_count",
  ];
  for (const name of settings) {
    const verdict = named.get(`vm.${name}`)!;
    assert.ok(["good", "fair", "fact"].includes(verdict.state), name);
    if (verdict.state === "fair") {
      assert.match(verdict.change!, new RegExp(`^sysctl -w vm\\.${name}=\\d+$`));
    }
  }
  assert.deepEqual(report.broker, {
    storePathRootDir: golden.root,
    mappedFileSizeCommitLog: 65_536,
    mappedFileSizeConsumeQueue: 2000,
    maxHashSlotNum: 100,
    maxIndexNum: 400,
    maxMessageSize: (report.broker as Record<string, number>).maxMessageSize,
  });
  assert.equal(JSON.stringify(readdirSync(golden.root, { recursive: true })), before);
});

const mayNotWrite: RuntimeFlags = {
  deno: [
    "--no-prompt",
    "--allow-ffi",
    "--allow-env",
    "--allow-sys",
    "--allow-read=/lib,/usr,/etc,/proc",
  ],
};

test(
  "streambed doctor tells what a process may not, with the flag that would allow it",
  skipUnless(RUNTIME === "deno", "the flags are Deno's"),
  async () => {
    await using dir = await temporaryDirectory();
    const args = ["doctor", "-d", dir.path];
    const { code, out } = await runCli(args, { flags: mayNotWrite });
    assert.equal(code, 1);
    assert.match(out, /^bad +permission to read: denied\n.*\n +start with --allow-read=/m);
    assert.match(out, /^fair +permission to write: denied\n.*\n +start with --allow-write=/m);
  },
);

test("streambed doctor judges a directory that is still to be made by the one above it", async () => {
  await using dir = await temporaryDirectory();
  const { code, out } = await runCli(["doctor", "-d", join(dir.path, "a/b")]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`directory: not there yet, but ${dir.path} is`));
});

test("streambed bench measures in a directory of its own and takes it away", async () => {
  await using dir = await temporaryDirectory();
  const args = ["bench", "-d", join(dir.path, "store"), "--messages", "300", "--rounds", "2"];
  const { code, out, err } = await runCli([...args, "--body", "100", "--json"]);
  assert.deepEqual([code, err], [0, ""]);
  const [report] = objectsOf(out);
  const results = report.results as { name: string; median: number; messagesPerSecond: number[] }[];
  assert.equal(results.length, 5);
  for (const { median, messagesPerSecond } of results) {
    assert.equal(messagesPerSecond.length, 2);
    assert.ok(median > 0);
  }
  assert.deepEqual(readdirSync(dir.path), []);
});

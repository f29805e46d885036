/**
 * Tests of the benchmark as a program: it plays every scene, says who is missing and what has
 * failed, and leaves nothing behind. No figure is judged here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { constants } from "node:os";
import { env } from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseBenchOptions } from "../../scripts/bench/bench_options.ts";
import type { Run } from "../../scripts/bench/run.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { pathOf } from "./bench/few_programs.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const SCRIPT = "scripts/bench.ts";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PEERS_SCRIPT = join(ROOT, "scripts/bench/peers/peers");
const NEEDS_GCC = skipUnless(
  spawnSync("gcc", ["--version"]).status === 0,
  "there is no gcc to build raw C, which stores are measured against",
);

/** Runs the benchmark to its end. */
async function bench(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  await using child = spawnScript(SCRIPT, args, { env: variables });
  const lines = await Array.fromAsync(child);
  const { code, stderr } = await child.wait();
  return { code, stdout: lines.join("\n"), stderr };
}

test("bench --quick --json --compare tells every contestant of every scene, here and there", async () => {
  await using dir = await temporaryDirectory();
  const args = ["--quick", "--json", "--compare", ROOT, "--dir", dir.path];
  const { code, stdout, stderr } = await bench(args);
  assert.equal(code, 0, stderr);
  const run: Run = JSON.parse(stdout);
  assert.ok(run.machine.cores >= 1 && run.machine.kernel !== "" && run.machine.fileSystem !== "");
  const missing = run.peers.filter(({ version }) => version === undefined);
  for (const name of ["RocketMQ", "Kafka", "Chronicle"]) {
    assert.ok(missing.some((peer) => peer.name === name && peer.missing?.includes("--quick")));
  }
  const away = new Set(missing.map(({ name }) => name));
  const expected = parseBenchOptions(["--quick"]).scenes.map(({ id, contestants }) => {
    const there = contestants.filter(({ peer }) => peer === undefined || !away.has(peer));
    return [id, there.map(({ name }) => name)];
  });
  assert.deepEqual(run.scenes.map(({ id, rows }) => [id, rows.map(({ name }) => name)]), expected);
  for (const row of run.scenes.flatMap(({ rows }) => rows)) {
    const { min, median, max } = row.rate;
    assert.ok(min > 0 && min <= median && median <= max, row.name);
    const { cpuMicros, minorFaults, majorFaults, writtenByteLength, memoryByteLength } = row;
    for (const need of [cpuMicros, minorFaults, majorFaults, writtenByteLength, memoryByteLength]) {
      assert.ok(need >= 0, row.name);
    }
    assert.equal(row.there?.ratio !== undefined, row.kind === "ours", row.name);
    if (row.there !== undefined) {
      assert.equal(row.there.ratio, row.rate.median / row.there.rate!.median);
    }
  }
  assert.ok(run.goals.some(({ claim }) => claim.endsWith("/ the other checkout")));
  assert.deepEqual(readdirSync(dir.path), []);
});

test("bench --only prints a table and no other scene, and --markdown one in Markdown", async () => {
  const { code, stdout, stderr } = await bench(["--quick", "--only", "queues"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[0-9]+ cores, Linux [^ ]+, [^ ]+, Deno /);
  assert.match(stdout, /^ {2}mapped, 10 queues +[\d,.]+ /m);
  assert.match(stdout, /^(PASS|MISS) +[\d.]+ {2}memory outside of mappings.* \(at most 150\)$/m);
  assert.match(stderr, /^queues: round 1 of 1, after \d+ s$/m);
  assert.ok(!stderr.includes("read: round"));

  const markdown = await bench(["--quick", "--markdown", "queues"]);
  assert.equal(markdown.code, 0, markdown.stderr);
  assert.match(
    markdown.stdout,
    /^\| \*\*mapped, 10 queues\*\* \| +[\d,.]+ \/ [\d,.]+ \/ [\d,.]+ \|/m,
  );
});

test("bench says of a tree that lacks what is measured that it does, and goes on", async () => {
  await using dir = await temporaryDirectory();
  writeFileSync(join(dir.path, "mod.ts"), "export {};");
  const args = ["--quick", "--json", "queues", "--compare", dir.path];
  const { code, stdout, stderr } = await bench(args);
  assert.equal(code, 0, stderr);
  const run: Run = JSON.parse(stdout);
  for (const { name, there } of run.scenes[0].rows) {
    assert.match(there?.missing ?? "", /openStore is not a function/, name);
    assert.equal(there?.ratio, undefined);
  }
});

test("bench ends with 1 where a child fails, and says which one and why", async () => {
  await using dir = await temporaryDirectory();
  fakeProgram(join(dir.path, "dd"), "echo broken on purpose >&2; exit 3");
  const path = [dir.path, env.PATH].join(delimiter);
  const { code, stdout, stderr } = await bench(["--quick", "--json", "pipe-node"], { PATH: path });
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^Cannot measure dd: the child ended with code 3\nbroken on purpose$/m);
});

test("bench leaves nothing behind where it is ended", async () => {
  await using dir = await temporaryDirectory();
  await using programs = await temporaryDirectory();
  const started = join(programs.path, "started");
  fakeProgram(join(programs.path, "dd"), `touch ${started}; exec sleep 600`);
  const path = [programs.path, env.PATH].join(delimiter);
  const args = ["--quick", "pipe-node", "--dir", dir.path];
  await using child = spawnScript(SCRIPT, args, { env: { PATH: path } });
  while (!existsSync(started)) await setImmediate();
  assert.equal(readdirSync(dir.path).length, 1);
  child.kill("SIGTERM");
  assert.equal((await child.wait()).code, 128 + constants.signals.SIGTERM);
  assert.deepEqual(readdirSync(dir.path), []);
});

test("bench goes on without a store that cannot be built, and says why", async () => {
  await using dir = await temporaryDirectory();
  const variables = { PATH: pathOf(dir.path), PEERS_HOME: join(dir.path, "built") };
  const { code, stdout, stderr } = await bench(["--quick", "flushed-1"], variables);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^raw C is missing: peers: raw needs gcc, which is not there$/m);
  assert.match(stdout, /^Kafka is missing: --quick leaves out what needs Java$/m);
  assert.match(stdout, /^Redis Streams is missing: there is no redis-server on the search path$/m);
  assert.match(stdout, /^NATS JetStream, synced is missing: there is no nats-server on the/m);
  assert.ok(!/^ {2}raw C /m.test(stdout));
  assert.match(stdout, /^ {2}SQLite /m);
  for (const name of ["rocketmq", "kafka", "chronicle"]) {
    const built = spawnSync(PEERS_SCRIPT, ["build", name], { env: variables, encoding: "utf8" });
    assert.equal(built.status, 2);
    assert.equal(built.stderr, `peers: ${name} needs java, which is not there\n`);
  }
});

test(
  "the script of the peers builds raw C alone, once, and appends with it",
  NEEDS_GCC,
  async () => {
    await using dir = await temporaryDirectory();
    const options = { env: { ...env, PEERS_HOME: dir.path }, encoding: "utf8" } as const;
    for (const isFirst of [true, false]) {
      const { status, stderr } = spawnSync(PEERS_SCRIPT, ["build", "raw"], options);
      assert.equal(status, 0, stderr);
      assert.equal(stderr.includes("building raw"), isFirst);
    }
    assert.ok(existsSync(join(dir.path, "fingerprint-raw")));
    const words = ["raw", "append-flushed", "--count", "2", "--dir", dir.path];
    const { status, stdout, stderr } = spawnSync(PEERS_SCRIPT, words, options);
    assert.equal(status, 0, stderr);
    assert.ok(JSON.parse(stdout).messagesPerSecond > 0);
  },
);

test("bench refuses options that it does not know, or that mean nothing", async () => {
  for (
    const args of [["--fast"], ["--rounds", "0"], ["--seconds", "x"], ["--only", "nothing"], [
      "--json",
      "--markdown",
    ]]
  ) {
    const { code, stderr } = await bench(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--rounds N/);
  }
});

function fakeProgram(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

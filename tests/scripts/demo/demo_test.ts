/**
 * The demo on a part of its flights, and that it would notice if something differed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Message, openStore } from "../../../mod.ts";
import { LATE_TOPIC, TABLE_TOPIC } from "../../../scripts/demo/delays.ts";
import { FLIGHT_COUNT, FLIGHT_TOPIC, flightTexts } from "../../../scripts/demo/flights.ts";
import { verifyDemo } from "../../../scripts/demo/verification.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { elementsOf } from "../../support/xml.ts";

const COUNT = 30_000;

/** What the demo and its children import from npm. */
const PACKAGES = ["devalue", "picocolors", "vega-datasets"];
/** Port 9 of this machine answers to nothing. */
const NO_NETWORK = {
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  NO_PROXY: "",
};

/** What is done to the stores of the demo afterwards. */
const FAULTS: Readonly<Record<string, readonly Message[]>> = {
  log: [{ topic: FLIGHT_TOPIC, body: '{"delay":1,"distance":1,"time":1}' }],
  results: [
    { topic: TABLE_TOPIC, body: `{"flightCount":${COUNT},"hours":[]}` },
    { topic: LATE_TOPIC, keys: "flight-1", body: "" },
  ],
};

test("demo.ts kills pipe and job, finds nothing lost and nothing twice, and would notice", async () => {
  await using directory = await temporaryDirectory();
  const { seed } = seededRandom(Date.now());
  const args = ["--dir", directory.path, "--flights", `${COUNT}`, "--kills", "2"];
  await using child = spawnScript("scripts/demo.ts", [...args, "--seed", `${seed % 2 ** 32}`]);
  const { code, stderr } = await child.wait();
  const said = (await child.remainingLines()).join("\n");
  assert.equal(code, 0, `${said}\n${stderr}`);
  assert.match(said, /Nothing lost, nothing twice/);
  assert.match(said, /kills: pipe \d, job \d; 0 flights missing/);
  // Its standard output is no terminal.
  assert.match(said, /^pipe [ ▁-█✕·]{75}$/m);
  const pictures = await Promise.all(
    ["delays.svg", "kills.svg"].map((name) => readFile(join(directory.path, name), "utf8")),
  );
  assert.deepEqual(pictures.map((svg) => elementsOf(svg)[0].startsWith("svg ")), [true, true]);
  await assertEnding(said, directory.path);

  const [log, results] = [join(directory.path, "log"), join(directory.path, "results")];
  await using again = spawnScript("scripts/demo/job_process.ts", [log, results, `${COUNT}`]);
  assert.equal((await again.wait()).code, 0, "a job that was killed at its very end ends");

  for (const [store, messages] of Object.entries(FAULTS)) {
    await using writer = await openStore(join(directory.path, store));
    await writer.appendAll(messages);
  }
  const { findings } = await verifyDemo(log, results, COUNT);
  assert.deepEqual(findings.map(({ holds }) => holds), [false, false, true, false, false]);
});

/** What it tells to look into what it left is right, and what it tells to remove is all it made. */
async function assertEnding(said: string, directory: string): Promise<void> {
  const [, words] =
    /^ {2}(?:deno|npx -y deno@\S+) run -A cli\/main\.ts (-d .*\/results find late .*)$/m.exec(
      said,
    )!;
  await using child = spawnScript("cli/main.ts", words.split(" "));
  assert.equal((await child.wait()).code, 0);
  assert.ok((await child.remainingLines()).length > 0);
  // The folder was there before.
  const removed = /^ {2}rm -r (.*)$/m.exec(said)![1].split(" ");
  assert.deepEqual(removed.toSorted(), readdirSync(directory).map((name) => join(directory, name)));
}

test("demo.ts needs no package but its own, in its children too", async () => {
  await using directory = await temporaryDirectory();
  const scripts = ["demo.ts", "demo/pipe_process.ts", "demo/job_process.ts"];
  execFileSync(Deno.execPath(), ["cache", "-q", ...scripts.map((name) => `scripts/${name}`)]);
  copyPackages(join(directory.path, "cache"));
  const args = ["--dir", join(directory.path, "run"), "--flights", "200", "--kills", "0"];
  await using child = spawnScript("scripts/demo.ts", args, {
    env: { DENO_DIR: join(directory.path, "cache"), ...NO_NETWORK },
  });
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
});

/** Makes a cache that has the packages of the demo and no others. */
function copyPackages(cache: string): void {
  const told = execFileSync(Deno.execPath(), ["info", "--json"], { encoding: "utf8" });
  const { npmCache }: { npmCache: string } = JSON.parse(told);
  const paths = readdirSync(npmCache).flatMap((registry) =>
    PACKAGES.map((name) => join(registry, name))
  );
  for (const path of paths.filter((path) => existsSync(join(npmCache, path)))) {
    cpSync(join(npmCache, path), join(cache, "npm", path), { recursive: true });
  }
}

test("demo.ts refuses what it does not know, before it makes a folder", async () => {
  await using directory = await temporaryDirectory();
  const dir = join(directory.path, "run");
  for (const more of [["--kills", "x"], ["--picture", "kills.png"], ["--fast"]]) {
    await using child = spawnScript("scripts/demo.ts", ["--dir", dir, ...more]);
    const { code, stderr } = await child.wait();
    assert.equal(code, 2);
    assert.match(stderr, /--picture F/);
  }
  assert.ok(!existsSync(dir));
});

test("flightTexts() gives every flight of the file from any place", async () => {
  let count = 0;
  for await (const text of flightTexts(0, Infinity)) if (JSON.parse(text)) count++;
  assert.equal(count, FLIGHT_COUNT);
  const all = await Array.fromAsync(flightTexts(0, 50));
  assert.deepEqual(await Array.fromAsync(flightTexts(20, 30)), all.slice(20, 30));
  assert.deepEqual(await Array.fromAsync(flightTexts(FLIGHT_COUNT, FLIGHT_COUNT)), []);
});

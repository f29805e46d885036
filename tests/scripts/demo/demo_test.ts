/**
 * The demo on a part of its flights, and that it would notice if something differed.
 *
 * @module
 */
import assert from "node:assert/strict";
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

const COUNT = 30_000;

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
  assert.match(said, /pipe was killed \d times, the job \d times/);
  const svg = await readFile(join(directory.path, "delays.svg"), "utf8");
  assert.match(svg, /^<svg .*<rect .*<\/svg>\n$/s);

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

test("flightTexts() gives every flight of the file from any place", async () => {
  let count = 0;
  for await (const text of flightTexts(0, Infinity)) if (JSON.parse(text)) count++;
  assert.equal(count, FLIGHT_COUNT);
  const all = await Array.fromAsync(flightTexts(0, 50));
  assert.deepEqual(await Array.fromAsync(flightTexts(20, 30)), all.slice(20, 30));
  assert.deepEqual(await Array.fromAsync(flightTexts(FLIGHT_COUNT, FLIGHT_COUNT)), []);
});

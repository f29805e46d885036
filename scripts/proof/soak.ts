/**
 * Lets a store work in rounds (append, read, follow, a group, roll, retention, checkpoints,
 * searches, readers that come and go) and measures what the process holds after each.
 *
 * `deno task soak --rounds 200`, or as many more as there are in `--minutes 10` or `--seconds 20`,
 * in each write path. Flat means: the least that the last third of the rounds holds is not above
 * the least of the second third by more than 4 MiB that the program can reach, 24 MiB of anonymous
 * memory that is resident (in runs of 1,000 rounds and more), 4 descriptors, 4 mappings of files of
 * the store. Rounds are counted, not seconds, so that a busy machine changes nothing. `--plant
 * descriptors`, `mappings` or `memory` plants a leak, and the task then fails unless that is
 * caught.
 *
 * @module
 */
import { join } from "node:path";
import { SOAK_LEAKS } from "../../harness/crash/soak/leaks.ts";
import { type Trend, trends } from "../../harness/crash/soak/meter.ts";
import type { SoakLine } from "../../harness/crash/soak/soaking_child.ts";
import { spawnSpoken } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { countOption, finish, oneOf, pathsOption, readOptions, seedOption } from "./task.ts";

const values = readOptions(
  {
    rounds: { type: "string" },
    minutes: { type: "string" },
    seconds: { type: "string" },
    path: { type: "string" },
    seed: { type: "string" },
    plant: { type: "string" },
  },
  `deno task soak [--rounds N] [--minutes N | --seconds N] [--path staged|mapped] [--plant ${SOAK_LEAKS}]`,
);
const rounds = countOption(values.rounds ?? "120");
const seconds = values.minutes === undefined
  ? (values.seconds === undefined ? 0 : countOption(values.seconds))
  : countOption(values.minutes) * 60;
const seed = seedOption(values.seed);
const leak = values.plant === undefined ? undefined : oneOf("plant", values.plant, SOAK_LEAKS);

let isFlat = true;
for (const writePath of pathsOption(values.path)) {
  const { samples, counts } = await soak(writePath);
  const found = trends(samples);
  const what = Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", ");
  console.log(`${writePath}: ${samples.length} rounds; ${what}`);
  for (const trend of found) console.log(`  ${describe(trend)}`);
  isFlat &&= found.every((trend) => trend.isFlat);
}
if (leak !== undefined) {
  finish(isFlat ? 1 : 0, `soak: planted ${leak}: ${isFlat ? "not caught" : "caught"}`);
}
finish(isFlat ? 0 : 1, isFlat ? "soak: as promised" : "soak: something is not flat");

async function soak(writePath: string): Promise<SoakLine> {
  await using directory = await temporaryDirectory("streambed-soak-");
  const args = [join(directory.path, "store"), `${rounds}`, `${seconds}`, writePath, `${seed}`];
  if (leak !== undefined) args.push(leak);
  await using child = spawnSpoken("harness/crash/soak/soaking_child.ts", args, {
    flags: { deno: ["-A", "--v8-flags=--expose-gc"], node: ["--expose-gc"] },
  });
  const line = await child.nextLine();
  const { code, signal, stderr } = await child.wait();
  if (line === undefined || code !== 0) {
    return finish(1, `soak: the process ended with ${signal ?? code}: ${stderr}`);
  }
  return JSON.parse(line);
}

function describe({ kind, before, after, slope, isFlat: flat }: Trend): string {
  const unit = kind.endsWith("ByteLength") ? 1024 * 1024 : 1;
  const [name, digits] = unit === 1 ? [kind, 0] : [kind.replace("ByteLength", ", MiB"), 1];
  const [from, to] = [before, after].map((value) => (value / unit).toFixed(digits));
  const change = (slope / unit).toFixed(digits);
  return `${name}: ${from}, then ${to}; ${change} a thousand rounds; ${flat ? "flat" : "NOT flat"}`;
}

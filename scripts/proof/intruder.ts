/**
 * Starts an Apache RocketMQ store on the directory of a live writer, again and again; needs Java
 * and Maven.
 *
 * `deno task intruder -n 20`: so many starts in each write path; `--path staged` takes one path
 * only. `--plant no-lock` takes the lock away, `--plant blind` lets the writer miss that index
 * files were removed; the task then fails unless that is caught.
 *
 * @module
 */
import { AssertionError } from "node:assert/strict";
import { INTRUDER_FAULTS } from "../../harness/interop/intruder_faults.ts";
import { intruderRounds } from "../../harness/interop/intruder_rounds.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import { countOption, finish, oneOf, pathsOption, readOptions, Ticker } from "./task.ts";

const VERSION = "5.3.3";

const values = readOptions({
  n: { type: "string", short: "n", default: "20" },
  path: { type: "string" },
  plant: { type: "string" },
}, "deno task intruder [-n STARTS] [--path staged|mapped] [--plant no-lock|blind]");
const count = countOption(values.n);
const fault = values.plant === undefined
  ? undefined
  : oneOf("plant", values.plant, INTRUDER_FAULTS);
const harness = await javaHarness(VERSION);
if (!harness.available) finish(2, `intruder: ${harness.reason}`);

let isGood = true;
for (const writePath of pathsOption(values.path)) {
  const told = await (fault === undefined ? sound(writePath) : planted(writePath));
  isGood &&= told.isGood;
  console.log(`${writePath}: ${told.words}`);
}
finish(isGood ? 0 : 1, isGood ? "intruder: as promised" : "intruder: the fault was not caught");

/** What came of one write path. */
interface Told {
  readonly isGood: boolean;
  readonly words: string;
}

async function sound(writePath: "staged" | "mapped"): Promise<Told> {
  const { refused, messageCount, notes } = await run(writePath);
  const words =
    `RocketMQ ${VERSION} started ${count} times on a live directory, refused ${refused} ` +
    `times; ${messageCount} messages appended meanwhile, 0 lost; ${notes} notes about files it removed`;
  return { isGood: true, words };
}

async function planted(writePath: "staged" | "mapped"): Promise<Told> {
  try {
    await run(writePath);
    return { isGood: false, words: `planted ${fault}: not caught` };
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    const words = error.message.split("\n", 1)[0];
    return { isGood: true, words: `planted ${fault}: caught: ${words}` };
  }
}

async function run(writePath: "staged" | "mapped"): ReturnType<typeof intruderRounds> {
  const ticker = new Ticker(writePath, count);
  const onStart = (done: number) => ticker.tick(done);
  const options = { version: VERSION, count, writePath, onStart } as const;
  try {
    return await intruderRounds(fault === undefined ? options : { ...options, fault });
  } finally {
    ticker.end();
  }
}

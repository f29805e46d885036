/**
 * A writer that rolls and deletes segments, and four readers in processes of their own that follow
 * it.
 *
 * `deno task followers -n 5000`: fills so many segments of 64 KiB, in rounds of 500 with a new
 * store each. `--plant late-writes` lets the writer announce what it has not written yet, and the
 * task then fails unless a reader notices.
 *
 * @module
 */
import { followRounds } from "../../harness/crash/followers/follow_rounds.ts";
import { countOption, finish, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

const ROUND_SEGMENTS = 500;
const PLANTED_ROUNDS = 20;
const FAULTS = ["late-writes"] as const;

const values = readOptions({
  n: { type: "string", short: "n", default: "1000" },
  seed: { type: "string" },
  plant: { type: "string" },
}, "deno task followers [-n SEGMENTS] [--seed NUMBER] [--plant late-writes]");
const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, FAULTS);

console.log(`followers: seed ${seed}${fault === undefined ? "" : `, planted ${fault}`}`);
const started = performance.now();
const ticker = new Ticker("followers", count);
const total = { messages: 0, seen: 0, skipped: 0, overtaken: 0 };
for (let done = 0; done < count; done += ROUND_SEGMENTS) {
  const segmentCount = Math.min(ROUND_SEGMENTS, count - done);
  const options = { segmentCount, seed: seed + done };
  if (fault !== undefined) await plant(options, fault);
  const { readers, messageCount } = await followRounds(options);
  total.messages += messageCount;
  for (const { seen, skipped, overtaken } of readers) {
    total.seen += seen;
    total.skipped += skipped;
    total.overtaken += overtaken;
  }
  ticker.tick(done + segmentCount);
}
ticker.end();
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${count} segments filled in ${seconds} s: ${total.messages} messages written, ${total.seen} read by 4 readers, ` +
    `${total.skipped} deleted before they were read and reported so, ${total.overtaken} times`,
);
finish(0, "followers: no wrong byte, no death, nothing missed; as promised");

async function plant(
  options: { readonly segmentCount: number; readonly seed: number },
  planted: typeof FAULTS[number],
): Promise<never> {
  // A reader has to look between an announcement and the next write: if a round had no such look,
  // another has.
  for (let round = 0; round < PLANTED_ROUNDS; round++) {
    try {
      await followRounds({ ...options, seed: options.seed + round, fault: planted });
    } catch (error) {
      const words = (error as Error).message.split("\n", 1)[0];
      return finish(0, `followers: planted ${planted}: caught: ${words}`);
    }
  }
  return finish(1, `followers: planted ${planted}: not caught`);
}

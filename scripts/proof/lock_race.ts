/**
 * Lets processes race for one writer's lock: exactly one may win, each time.
 *
 * `deno task lock-race -n 200 --racers 20`: in every tenth race an Apache RocketMQ store runs
 * along, where Java and Maven are to be had (`--java 0`: never). `--plant no-lock` takes the lock
 * away, and the task then fails unless that is caught.
 *
 * @module
 */
import { LOCK_FAULT } from "../../harness/crash/lock_race/racing_child.ts";
import { races, whyNoJava } from "../../harness/crash/lock_race/races.ts";
import { countOption, finish, oneOf, readOptions, Ticker } from "./task.ts";

const values = readOptions({
  n: { type: "string", short: "n", default: "200" },
  racers: { type: "string", default: "20" },
  java: { type: "string", default: "10" },
  plant: { type: "string" },
}, "deno task lock-race [-n RACES] [--racers NUMBER] [--java EVERY] [--plant no-lock]");

const count = countOption(values.n);
const racerCount = countOption(values.racers);
const isUnlocked = values.plant !== undefined;
if (isUnlocked) oneOf("plant", values.plant, [LOCK_FAULT]);
const why = values.java === "0" || isUnlocked ? "not asked for" : await whyNoJava();
const javaEvery = why === undefined ? countOption(values.java) : 0;
if (why !== undefined) console.log(`lock-race: without RocketMQ: ${why}`);

const started = performance.now();
const ticker = new Ticker("lock-race", count);
const options = {
  count,
  racerCount,
  javaEvery,
  isUnlocked,
  onRace: (done: number) => ticker.tick(done),
};
const result = await races(options).catch((error) => {
  if (!isUnlocked) throw error;
  const words = (error as Error).message.split("\n", 1)[0];
  return finish(0, `lock-race: planted ${LOCK_FAULT}: caught: ${words}`);
});
ticker.end();
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${result.races} races of ${racerCount} processes in ${seconds} s: exactly one winner in ${result.oneWinner}` +
    `${result.reason === "" ? "" : `; the first other: ${result.reason}`}`,
);
console.log(
  `  ${result.withJava} of them with a RocketMQ store, which won ${result.javaWon}; ` +
    `${result.wins.filter((wins) => wins > 0).length} processes won the others`,
);
const isGood = isUnlocked ? result.oneWinner < result.races : result.oneWinner === result.races;
if (isUnlocked) {
  const verdict = isGood ? "caught" : "not caught";
  finish(isGood ? 0 : 1, `lock-race: planted ${LOCK_FAULT}: ${verdict}`);
}
finish(isGood ? 0 : 1, isGood ? "lock-race: as promised" : "lock-race: a promise was broken");

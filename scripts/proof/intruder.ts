/**
 * Starts an Apache RocketMQ store on the directory of a live writer, again and again; needs Java and Maven.
 *
 * `deno task intruder -n 20`: so many starts in each write path.
 *
 * @module
 */
import { intruderRounds } from "../../tests/interop/intruder_rounds.ts";
import { javaHarness } from "../../tests/interop/java_harness.ts";
import { countOption, finish, pathsOption, readOptions, Ticker } from "./task.ts";

const VERSION = "5.3.3";

const values = readOptions({
  n: { type: "string", short: "n", default: "20" },
  path: { type: "string" },
}, "deno task intruder [-n STARTS] [--path staged|mapped]");
const count = countOption(values.n);
const harness = await javaHarness(VERSION);
if (!harness.available) finish(2, `intruder: ${harness.reason}`);

for (const writePath of pathsOption(values.path)) {
  const ticker = new Ticker(writePath, count);
  const onStart = (done: number) => ticker.tick(done);
  const { refused, messageCount, notes } = await intruderRounds({
    version: VERSION,
    count,
    writePath,
    onStart,
  });
  ticker.end();
  console.log(
    `${writePath}: RocketMQ ${VERSION} started ${count} times on a live directory, refused ${refused} times; ` +
      `${messageCount} messages appended meanwhile, 0 lost; ${notes} notes about files it removed`,
  );
}
finish(0, "intruder: as promised");

/**
 * Runs several commands in one process, one after the other, until one fails.
 *
 * @module
 */
import process from "node:process";
import { run } from "../../cli/mod.ts";

for (const line of process.argv.slice(2)) {
  const code = await run(line.split(" "));
  if (code !== 0) {
    process.stderr.write(`${line} ended with ${code}\n`);
    process.exit(code);
  }
}
process.exit(0);

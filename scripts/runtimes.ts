/**
 * Runs the tests on the runtimes beside Deno; the gate does it too, as the check `runtimes`.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatCounts } from "./gate/counts.ts";
import { checkRuntimes } from "./runtimes/check_runtimes.ts";
import { RUNTIMES } from "./runtimes/runtimes.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task runtimes [--on RUNTIME]... [--filter TEXT] [TEST_PATH]...

  --on RUNTIME    only on this one: ${RUNTIMES.map(({ name }) => name).join(", ")}
  --filter TEXT   only tests whose name holds TEXT, or matches /TEXT/
  TEST_PATH       only tests of these files or folders`;

function parseRequest(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: { on: { type: "string", multiple: true }, filter: { type: "string" } },
  });
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, USAGE, parseRequest);
  const root = fileURLToPath(new URL("../", import.meta.url));
  const counts = await checkRuntimes({ root, paths: positionals, ...values }, console.log);
  console.log(`\n${formatCounts(counts)}`);
  return counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

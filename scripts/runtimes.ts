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

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { on: { type: "string", multiple: true }, filter: { type: "string" } },
  });
  const root = fileURLToPath(new URL("../", import.meta.url));
  const counts = await checkRuntimes({ root, paths: positionals, ...values }, console.log);
  console.log(`\n${formatCounts(counts)}`);
  return counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

/**
 * Runs every block of code in README.md, docs, CONTRIBUTING.md and at the heads of the modules that
 * users import; the gate does it too, in the check `examples`.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runBlocks } from "./examples/run_blocks.ts";
import { formatCounts } from "./gate/counts.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task examples [PAGE]...

  PAGE   only the blocks of this page: README.md, docs/adapters.md, …`;

async function main(args: string[]): Promise<number> {
  const read = (words: string[]) => parseArgs({ args: words, allowPositionals: true, options: {} });
  const { positionals } = readArguments(args, USAGE, read);
  const root = fileURLToPath(new URL("../", import.meta.url));
  const counts = await runBlocks({ root, paths: positionals }, console.log);
  console.log(`\n${formatCounts(counts)}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

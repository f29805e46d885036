/**
 * The one gate: everything that must hold before a change is good, in one command.
 *
 * It ends with one line, `N passed, N failed` (`, N skipped` may follow): tests and checks, one
 * each. The exit code is 0 when all passed, 1 when anything failed or no test ran, 2 when the
 * arguments are wrong.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Check, CHECKS, type GateOptions } from "./gate/checks.ts";
import { readArguments } from "./task_arguments.ts";
import { addCounts, type Counts, formatCounts, NOTHING } from "./gate/counts.ts";

const USAGE = `deno task test [--only CHECK]... [--filter TEXT] [TEST_PATH]...

  --only CHECK    only this check: ${CHECKS.map((check) => check.name).join(", ")}
  --filter TEXT   only tests whose name holds TEXT, or matches /TEXT/
  TEST_PATH       only tests of these files or folders`;

interface Request {
  readonly checks: readonly Check[];
  readonly options: GateOptions;
}

function parseRequest(args: string[]): Request {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { only: { type: "string", multiple: true }, filter: { type: "string" } },
  });
  return {
    checks: values.only === undefined ? CHECKS : values.only.map(checkNamed),
    options: { root: Deno.cwd(), filter: values.filter, paths: positionals },
  };
}

function checkNamed(name: string): Check {
  const check = CHECKS.find((candidate) => candidate.name === name);
  if (check === undefined) throw new TypeError(`Cannot run check "${name}": there is none`);
  return check;
}

async function runChecks({ checks, options }: Request): Promise<Counts> {
  let total = NOTHING;
  const failed: string[] = [];

  for (const [index, check] of checks.entries()) {
    console.log(`\n[${index + 1}/${checks.length}] ${check.name}: ${check.title}`);
    const counts = await check.run(options);
    if (counts.failed > 0) failed.push(check.name);
    total = addCounts(total, counts);
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(", ")}`);
  return total;
}

async function main(args: string[]): Promise<number> {
  const total = await runChecks(readArguments(args, USAGE, parseRequest));
  console.log(`\n${formatCounts(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

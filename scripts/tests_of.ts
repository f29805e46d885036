/**
 * Tells which tests are nearest to a file: `deno task tests-of storage/log/flusher.ts`.
 *
 * `tests/README.md` tells how a test says what it is about.
 *
 * @module
 */
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readArguments } from "./task_arguments.ts";
import { TestMap } from "./tests_of/nearest_tests.ts";

const USAGE = `deno task tests-of [--why] FILE...

  --why   tell why each test is near
  FILE    a file of ffi/, storage/, adapters/ or cli/; the end of its path is enough

To run them: deno task test --only tests $(deno task -q tests-of FILE)`;

const map = new TestMap(fileURLToPath(new URL("../", import.meta.url)));
const { files, why } = readArguments(argv.slice(2), USAGE, parseRequest);
const told = new Set<string>();
for (const file of files) {
  for (const test of map.nearest(file)) {
    if (told.has(test.path)) continue;
    told.add(test.path);
    console.log(why ? `${test.path}  (${test.why})` : test.path);
  }
}

function parseRequest(args: string[]): { files: readonly string[]; why: boolean } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { why: { type: "boolean", default: false } },
  });
  if (positionals.length === 0) throw new TypeError("Cannot find tests: no file is given");
  return { files: positionals.map(fileNamed), why: values.why };
}

function fileNamed(name: string): string {
  const found = map.filesNamed(name.replace(/^\.\//, ""));
  if (found.length === 1) return found[0];
  const what = JSON.stringify(name);
  throw new RangeError(
    found.length === 0
      ? `Cannot find tests of ${what}: there is no such file in ffi/, storage/, adapters/ or cli/`
      : `Cannot find tests of ${what}: it may be ${found.join(", ")}`,
  );
}

/**
 * Compiles the SIGBUS guard: `ffi/guard/guard.c` into `ffi/guard/mod.ts`.
 *
 * `deno task guard:build`, on x86-64 with gcc and binutils. The same compiler gives the same bytes,
 * wherever it runs.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { buildGuard, GUARD_MODULE, guardModule } from "./guard/build_guard.ts";
import { readArguments, takeNone } from "./task_arguments.ts";

readArguments(argv.slice(2), "deno task guard:build", takeNone);
const directory = await mkdtemp(join(tmpdir(), "streambed-guard-"));
try {
  const built = await buildGuard(directory);
  await writeFile(GUARD_MODULE, guardModule(built));
  console.log(`guard: ${built.code.length} bytes, by ${built.compiler}`);
} finally {
  await rm(directory, { recursive: true });
}

/**
 * What a store, its streams and other stores reach on this machine, in one run: `deno task bench`.
 *
 * Contestants take turns, round after round, each turn in a process of its own. The figures go to
 * standard output, what is under way to standard error. The exit code is 0 also when a goal is
 * missed, unless `--strict` (1), 1 when a turn fails, and 2 when the arguments are wrong.
 *
 * @module
 */
import { benchIn } from "./bench/bench_in.ts";
import { parseBenchOptions, USAGE } from "./bench/bench_options.ts";
import { readArguments } from "./task_arguments.ts";

if (import.meta.main) {
  Deno.exit(await benchIn(readArguments(Deno.args, USAGE, parseBenchOptions)));
}

/**
 * Examples for the help of each command. Taken one after the other they run, in a directory with a
 * store in `data`.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { LOG_FOLDER } from "../storage/layout/mod.ts";

const PROGRAM = "streambed -d data";

/** By command, in the order of `--help`. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  append: [
    `seq 3 | ${PROGRAM} append orders --key order-1 --tag paid`,
    `echo '{"body":"ham","keys":"order-2"}' | ${PROGRAM} append orders --json --acks`,
  ],
  cat: [
    `${PROGRAM} cat orders --from -2 --long`,
    `${PROGRAM} cat orders --group billing --format '%o %k %s\\n' | head -n 3`,
  ],
  tail: [`${PROGRAM} tail orders --from -2 --limit 2 --json`],
  get: [`${PROGRAM} get 0`],
  find: [`${PROGRAM} find orders order-2 --json`, `${PROGRAM} find orders --tag paid --limit 2`],
  export: [`${PROGRAM} export orders --from 2026-01-01 | gzip > orders.ndjson.gz`],
  ls: [`${PROGRAM} ls`, `${PROGRAM} ls orders --no-bytes`],
  info: [`${PROGRAM} info --json`],
  groups: [`${PROGRAM} groups billing`, `${PROGRAM} groups --reset billing orders --to earliest`],
  metrics: [`${PROGRAM} metrics > streambed.prom`],
  retry: [`${PROGRAM} retry billing`],
  dlq: [`${PROGRAM} dlq billing`, `${PROGRAM} dlq billing --replay --all`],
  verify: [`${PROGRAM} verify`],
  dump: [`streambed dump data/${LOG_FOLDER}/00000000000000000000 --limit 5`],
  rebuild: [`${PROGRAM} rebuild`],
  salvage: [`${PROGRAM} salvage rescued`],
  backup: [`${PROGRAM} backup data.backup`],
  restore: [`streambed restore data.backup restored`],
  bench: [`${PROGRAM} bench --messages 1000 --rounds 1`],
  doctor: [`${PROGRAM} doctor`],
};

/** Puts examples below the help of each command. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = EXAMPLES[command.name()].map((example) => `  ${example}`);
    command.addHelpText(
      "after",
      `\n${lines.length > 1 ? "Examples" : "Example"}:\n${lines.join("\n")}`,
    );
  }
}

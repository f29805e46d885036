/**
 * Faults that are planted in a copy of the source, each alone, to see that a test catches it: `deno task mutate`. A promise that no test
 * keeps is one that somebody breaks without noticing.
 *
 * @module
 */
import { SOURCE_MUTANTS } from "../simulation/store_source_mutants.ts";
import type { PlantedFault } from "./planted_fault.ts";
import { WRITING_FAULTS } from "./writing_faults.ts";
import { READING_FAULTS } from "./reading_faults.ts";
import { OPENING_FAULTS } from "./opening_faults.ts";
import { DERIVED_FAULTS } from "./derived_faults.ts";
import { KEEPING_FAULTS } from "./keeping_faults.ts";
import { ADAPTERS_FAULTS } from "./adapters_faults.ts";
import { CLI_FAULTS } from "./cli_faults.ts";
import { ARGUMENTS_FAULTS } from "./arguments_faults.ts";
import { BYTES_FAULTS } from "./bytes_faults.ts";

export { type FaultCatcher, patchesOf, type PlantedFault } from "./planted_fault.ts";

/** All faults; those of the simulator among them. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...WRITING_FAULTS,
  ...READING_FAULTS,
  ...OPENING_FAULTS,
  ...DERIVED_FAULTS,
  ...KEEPING_FAULTS,
  ...ADAPTERS_FAULTS,
  ...CLI_FAULTS,
  ...ARGUMENTS_FAULTS,
  ...BYTES_FAULTS,
  ...SOURCE_MUTANTS.map(({ name, patches: [patch, ...also], explorer, kinds }) => ({
    ...patch,
    also,
    name,
    breaks: `histories of the simulator (${kinds.join(", ")})`,
    by: { explorer, kinds },
  })),
];

/** Ten that are planted by the gate, quick ones of several areas. */
export const SAMPLE: readonly string[] = [
  "end-failed",
  "read-end",
  "find-to",
  "leastcommit",
  "opt-tmpfs",
  "ret-nogroupmax",
  "bk-rename",
  "seal-pos",
  "notifier-leak",
  "foreign-ge",
];

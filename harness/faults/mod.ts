/**
 * Faults that are planted in a copy of the source, each alone, to see that a test catches it: `deno
 * task mutate`. A promise that no test keeps is one that somebody breaks without noticing.
 *
 * @module
 */
import { SOURCE_MUTANTS } from "../simulation/mutants/store_source_mutants.ts";
import { AREA_FAULTS } from "./area_faults.ts";
import type { PlantedFault } from "./planted_fault.ts";

export { type FaultCatcher, patchesOf, type PlantedFault } from "./planted_fault.ts";

/** All faults; those of the simulator among them. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...AREA_FAULTS,
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

/**
 * Faults that a test at their place catches, and that histories of the simulator see as well: each
 * must be caught by both.
 *
 * @module
 */
import { AREA_FAULTS } from "../../faults/area_faults.ts";
import { patchesOf, type PlantedFault } from "../../faults/planted_fault.ts";
import type { StoreMutant } from "./store_mutants.ts";

type Explored = Pick<StoreMutant, "explorer" | "kinds">;

/**
 * What finds them here, by the name that they have among the faults of their area. Where few seeds
 * do, the range starts a little before the first of them.
 */
const EXPLORED: Readonly<Record<string, Explored>> = {
  "redirty-sync": {
    explorer: ["--seeds", "1..200", "--errors"],
    kinds: ["undurable", "unusable"],
  },
  "other-mount": {
    explorer: ["--seeds", "3100..9000", "--errors"],
    kinds: ["verify", "unusable", "exception"],
  },
  "latest-committed": { explorer: ["--seeds", "200..2000", "--errors"], kinds: ["gap"] },
  "queue-folder-parent": {
    explorer: ["--seeds", "120..2000", "--errors"],
    kinds: ["gap", "lost", "verify", "taken"],
  },
  "replace-sync": { explorer: ["--seeds", "1..60", "--errors"], kinds: ["progress", "verify"] },
  "replace-name": {
    explorer: ["--workload", "progress-again", "--seeds", "1..12"],
    kinds: ["progress", "verify"],
  },
  "retention-queues": {
    explorer: ["--workload", "retention", "--seeds", "1..4"],
    kinds: ["exception", "unusable", "gap"],
  },
  "index-delete": {
    explorer: ["--workload", "retention", "--seeds", "1..200"],
    kinds: ["index", "verify"],
  },
  "read-end": { explorer: ["--seeds", "1..100", "--errors"], kinds: ["flushed", "undurable"] },
  "lend-end": { explorer: ["--seeds", "1..100", "--errors"], kinds: ["flushed"] },
  "lend-run": { explorer: ["--seeds", "1..100", "--errors"], kinds: ["flushed"] },
  "find-end": { explorer: ["--seeds", "1..100", "--errors"], kinds: ["flushed"] },
  "get-end": { explorer: ["--seeds", "1..100", "--errors"], kinds: ["flushed"] },
  "end-failed": {
    explorer: ["--workload", "failed-sync-read", "--seeds", "1..4"],
    kinds: ["undurable", "taken"],
  },
  "claims-untaken": {
    explorer: ["--workload", "consumers", "--seeds", "1..12"],
    kinds: ["progress"],
  },
  "claims-own-kept": {
    explorer: ["--workload", "consumers", "--seeds", "1..4"],
    kinds: ["progress"],
  },
  "claims-known": { explorer: ["--seeds", "180..2000"], kinds: ["progress"] },
  "claims-unwritten": { explorer: ["--seeds", "250..2000"], kinds: ["progress"] },
  "claims-sync-told": {
    explorer: ["--workload", "claim-again", "--seeds", "1..12"],
    kinds: ["progress"],
  },
  "naming-flushed": {
    explorer: ["--seeds", "1..100"],
    kinds: ["lost", "undurable", "unusable", "exception"],
  },
  "naming-shown": {
    explorer: ["--seeds", "1..200"],
    kinds: ["lost", "undurable", "unusable", "exception"],
  },
  wakecommit: { explorer: ["--workload", "rested", "--seeds", "1..4"], kinds: ["lost"] },
  thorough: { explorer: ["--workload", "rested", "--seeds", "1..4"], kinds: ["lost"] },
  "housekeeper-asleep": {
    explorer: ["--workload", "progress-again", "--seeds", "1..12"],
    kinds: ["progress", "verify"],
  },
  "config-again": {
    explorer: ["--workload", "progress-again", "--seeds", "1..12"],
    kinds: ["progress", "verify"],
  },
};

/** These faults, as the simulator plants them. */
export const SHARED_MUTANTS: readonly StoreMutant[] = Object.entries(EXPLORED).map(
  ([name, explored]) => ({ name, patches: patchesOf(faultOf(name)), ...explored }),
);

function faultOf(name: string): PlantedFault {
  const fault = AREA_FAULTS.find((other) => other.name === name);
  if (fault !== undefined) return fault;
  throw new Error(`Cannot plant ${name}: no area has a fault of that name`);
}

/**
 * Faults of sinks, sources, checkpoints and jobs.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const ADAPTERS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "adapters/web/sink_budget.ts",
    tests: ["tests/adapters/web/sink_test.ts"],
    faults: [{
      name: "sink-half",
      breaks: "budget: waits for nothing",
      symbol: "SinkBudget.#makeRoom",
      find: "this.#budget / 2",
      put: "this.#budget * 2",
    }],
  }),
];

/**
 * Faults that only who installs and builds with the package meets.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const PACKAGE_FAULTS: readonly PlantedFault[] = faultsOf({
  file: "ffi/import_unseen.ts",
  tests: ["tests/package/building_test.ts"],
  faults: [{
    name: "bundlers-ignore",
    breaks: "bundlers take the import of koffi as it stands, and say nothing",
    symbol: "importUnseen",
    find: "/* webpackIgnore: true */ ",
    put: "",
  }],
});

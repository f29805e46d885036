/**
 * Faults of what undoes LZ4.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const LZ4_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/layout/lz4_frame.ts",
    tests: ["tests/storage/layout/lz4_test.ts"],
    faults: [{
      name: "lz4-rest",
      breaks: "of two frames the first alone is taken for the body",
      symbol: "lz4ContentLengthMax",
      find: "return at + rest === bytes.length ? most : undefined;",
      put: "return at + rest <= bytes.length ? most : undefined;",
    }, {
      name: "lz4-ratio",
      breaks: "a block counts as long as it is compressed",
      symbol: "lz4ContentLengthMax",
      find: "Math.min(blockMax, byteLength * RATIO_MAX)",
      put: "Math.min(blockMax, byteLength)",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/decompress_body.ts",
    tests: ["tests/storage/layout/lz4_test.ts"],
    faults: [{
      name: "lz4-bomb",
      breaks: "a body is decompressed however long it gets",
      symbol: "decompressLz4",
      find: "if (most > maxOutputLength)",
      put: "if (most === maxOutputLength + 0.5)",
    }],
  }),
  ...faultsOf({
    file: "ffi/select.ts",
    tests: ["tests/ffi/lz4_package_test.ts"],
    faults: [{
      name: "lz4-asking",
      breaks: "an addon is tried where Deno asks for permissions",
      symbol: "findLz4",
      find: 'isDeno ? (await import("./deno.ts")).missingForAddons() : undefined',
      put: "isDeno ? undefined : undefined",
    }],
  }),
  ...faultsOf({
    file: "cli/context.ts",
    tests: ["tests/cli/lz4_test.ts"],
    faults: [{
      name: "compressed-once",
      breaks: "each body that stays compressed is told",
      symbol: "Context.noteCompressed",
      find: "this.#hasNotedCompressed = true;",
      put: "",
    }],
  }),
];

/**
 * Checkpoints on both write paths.
 *
 * @module
 */
import { testCheckpoints } from "../../conformance/checkpoint_suite.ts";
import { STORE_HARNESSES } from "../../support/test_store.ts";

for (const harness of STORE_HARNESSES) testCheckpoints(harness);

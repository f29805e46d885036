/**
 * The web source on both write paths.
 *
 * @module
 */
import { testSource } from "../../conformance/source_suite.ts";
import { STORE_HARNESSES } from "../../support/test_store.ts";

for (const harness of STORE_HARNESSES) testSource(harness);

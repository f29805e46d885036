/**
 * The web sink on both write paths.
 *
 * @module
 */
import { testSink } from "../../conformance/sink_suite.ts";
import { STORE_HARNESSES } from "../../support/test_store.ts";

for (const harness of STORE_HARNESSES) testSink(harness);

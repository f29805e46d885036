/**
 * Jobs on both write paths.
 *
 * @module
 */
import { testJob } from "../../conformance/job_suite.ts";
import { STORE_HARNESSES } from "../../support/test_store.ts";

for (const harness of STORE_HARNESSES) testJob(harness);

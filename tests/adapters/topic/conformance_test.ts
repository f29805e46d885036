/**
 * The sources of typed topics keep what every source has to keep, also where a schema takes its
 * time.
 *
 * Tests: `typed_feed.ts`, `readers.ts`.
 *
 * @module
 */
import { testSourceBatches } from "../../conformance/batches_suite.ts";
import { testSource } from "../../conformance/source_suite.ts";
import { TYPED_STREAMS } from "../../conformance/typed_streams.ts";

for (const harness of TYPED_STREAMS) {
  testSource(harness);
  testSourceBatches(harness);
}

/**
 * Batches and bytes in Web Streams, on both write paths.
 *
 * Tests: `record_splitter.ts`, `source_feed.ts`.
 *
 * @module
 */
import { testBatchesAndBytes } from "../../conformance/batches_suite.ts";
import { WEB_STREAMS } from "../../conformance/web_streams.ts";

for (const harness of WEB_STREAMS) testBatchesAndBytes(harness);

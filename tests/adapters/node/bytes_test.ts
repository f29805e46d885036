/**
 * Batches and bytes in streams of `node:stream`, on both write paths.
 *
 * Tests: `record_splitter.ts`, `source_feed.ts`.
 *
 * @module
 */
import { testBatchesAndBytes } from "../../conformance/batches_suite.ts";
import { NODE_STREAMS } from "../../conformance/node_streams.ts";

for (const harness of NODE_STREAMS) testBatchesAndBytes(harness);

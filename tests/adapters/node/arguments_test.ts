/**
 * What is public of `adapters/node/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `node/options.ts`.
 *
 * @module
 */
import { DONE_DOOR, SINK_BYTES_DOOR, SOURCE_BATCHES_DOOR } from "../../../adapters/core/mod.ts";
import {
  sink,
  sinkBytes,
  sinkWriter,
  source,
  sourceBatches,
  sourceBytes,
} from "../../../adapters/node/mod.ts";
import * as rows from "../../../adapters/node/options.ts";
import type { Store, StoredMessage } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

const sinkOptions = { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1 } as const;
const sourceOptions = { queueIds: [0], from: 0, limit: 1, tags: ["t"] } as const;
const readingAhead = { ...sourceOptions, highWaterMark: 0 } as const;

function calls(store: Store): PublicCalls {
  const place = [store, "orders"] as const;
  const writer = sinkWriter(...place);
  return {
    sink: [rows.SINK_DOOR, sink, ...place, sinkOptions],
    sinkBytes: [SINK_BYTES_DOOR, sinkBytes, ...place, { ...sinkOptions, delimiter: ";" }],
    sinkWriter: [rows.SINK_WRITER_DOOR, sinkWriter, ...place, sinkOptions],
    "SinkWriter.writev": [rows.WRITE_DOOR, writer.writev.bind(writer), [], {}],
    "SinkWriter.end": [rows.END_DOOR, writer.end.bind(writer), {}],
    source: [rows.SOURCE_DOOR, source, ...place, readingAhead],
    "Source.done": [DONE_DOOR, (message: StoredMessage) => {
      const grouped = source(...place, { group: "billing", follow: false });
      try {
        grouped.done(message);
      } finally {
        grouped.destroy();
      }
    }, store.queue("orders").readBatchSync({ limit: 1 })[0]],
    "Source.iterator": [
      rows.ITERATOR_DOOR,
      (options: { readonly destroyOnReturn?: boolean }) => source(...place).iterator(options),
      {},
    ],
    sourceBatches: [SOURCE_BATCHES_DOOR, sourceBatches, ...place, sourceOptions],
    sourceBytes: [rows.SOURCE_BYTES_DOOR, sourceBytes, ...place, readingAhead],
  };
}

testPublicCalls("node", calls, {
  "Source.destroy": "an error of any kind, or none",
  "SinkWriter.write": "hands both on to writev()",
  "SinkWriter.fail": "a reason of any kind, or none",
});

/**
 * What is public of `adapters/web/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `core/rules.ts`.
 *
 * @module
 */
import {
  DONE_DOOR,
  SINK_BYTES_DOOR,
  SINK_DOOR,
  SOURCE_BATCHES_DOOR,
  SOURCE_BYTES_DOOR,
  SOURCE_DOOR,
} from "../../../adapters/core/mod.ts";
import { VALUES_DOOR } from "../../../adapters/web/streams/mod.ts";
import {
  sink,
  sinkBytes,
  source,
  sourceBatches,
  sourceBytes,
  type SourceIteratorOptions,
} from "../../../adapters/web/mod.ts";
import type { Store, StoredMessage } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

const sinkOptions = { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1 } as const;
const sourceOptions = { queueIds: [0], from: 0, limit: 1, tags: ["t"] } as const;

function calls(store: Store): PublicCalls {
  const place = [store, "orders"] as const;
  return {
    sink: [SINK_DOOR, sink, ...place, sinkOptions],
    sinkBytes: [SINK_BYTES_DOOR, sinkBytes, ...place, { ...sinkOptions, delimiter: ";" }],
    source: [SOURCE_DOOR, source, ...place, sourceOptions],
    sourceBatches: [
      SOURCE_BATCHES_DOOR,
      sourceBatches,
      ...place,
      { ...sourceOptions, batchCount: 2 },
    ],
    sourceBytes: [SOURCE_BYTES_DOOR, sourceBytes, ...place, { ...sourceOptions, delimiter: "" }],
    "Source.done": [DONE_DOOR, (message: StoredMessage) => {
      const grouped = source(...place, { group: "billing", follow: false });
      try {
        grouped.done(message);
      } finally {
        void grouped.cancel();
      }
    }, store.queue("orders").readBatchSync({ limit: 1 })[0]],
    "Source.values": [
      VALUES_DOOR,
      (options: SourceIteratorOptions) => source(...place).values(options),
      {},
    ],
    "Source.[Symbol.asyncIterator]": [
      VALUES_DOOR,
      (options: SourceIteratorOptions) => source(...place)[Symbol.asyncIterator](options),
      {},
    ],
  };
}

testPublicCalls("web", calls);

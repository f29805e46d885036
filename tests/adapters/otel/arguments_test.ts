/**
 * What is public of `adapters/otel/`: arguments, wrong and right, and its rows.
 *
 * Tests: `otel/rules.ts`.
 *
 * @module
 */
import { metrics, ROOT_CONTEXT } from "npm:@opentelemetry/api@1.9.1";
import { contextOf, injectContext, instrument } from "../../../adapters/otel/mod.ts";
import {
  CONTEXT_OF_DOOR,
  INJECT_CONTEXT_DOOR,
  INSTRUMENT_DOOR,
} from "../../../adapters/otel/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

const OF_OPENTELEMETRY = "its own, handed in by it";

async function calls(store: Store): Promise<PublicCalls> {
  const meterProvider = metrics.getMeterProvider();
  const [message] = await store.queue("orders").readBatch();
  const fields = { topic: "orders", body: "ham", properties: { a: "b" } };
  return {
    instrument: [
      INSTRUMENT_DOOR,
      (...args) => instrument(...args)[Symbol.dispose](),
      { meterProvider, stores: [store] },
    ],
    injectContext: [INJECT_CONTEXT_DOOR, injectContext, fields, ROOT_CONTEXT],
    contextOf: [CONTEXT_OF_DOOR, contextOf, message, ROOT_CONTEXT],
  };
}

testPublicCalls("otel", calls, {
  "MeterSource.getMeter": OF_OPENTELEMETRY,
  "TraceContext.deleteValue": OF_OPENTELEMETRY,
  "TraceContext.getValue": OF_OPENTELEMETRY,
  "TraceContext.setValue": OF_OPENTELEMETRY,
});

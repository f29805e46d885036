/**
 * What is public of `adapters/metrics/`: arguments, wrong and right, and its rows.
 *
 * Tests: `metrics/rules.ts`.
 *
 * @module
 */
import { prometheusText } from "../../../adapters/metrics/mod.ts";
import { PROMETHEUS_DOOR } from "../../../adapters/metrics/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

function calls(store: Store): PublicCalls {
  return { prometheusText: [PROMETHEUS_DOOR, prometheusText, store] };
}

testPublicCalls("metrics", calls);

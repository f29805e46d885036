/**
 * What is public of `adapters/job/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `job/rules.ts`.
 *
 * @module
 */
import { job } from "../../../adapters/job/mod.ts";
import { JOB_DOOR } from "../../../adapters/job/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

function calls(store: Store): PublicCalls {
  const source = { store, topic: "orders" };
  const [initialState, process] = [() => 0, () => 1];
  const options = { name: "count", source, store, initialState, process, follow: false };
  return { job: [JOB_DOOR, job, options] };
}

testPublicCalls("job", calls);

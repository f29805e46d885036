/**
 * What is public of `adapters/consume/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `consume/rules.ts`.
 *
 * @module
 */
import { consume } from "../../../adapters/consume/mod.ts";
import { CONSUME_DOOR } from "../../../adapters/consume/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

function calls(store: Store): PublicCalls {
  const options = { group: "mail", handle: () => {}, follow: false };
  return { consume: [CONSUME_DOOR, consume, store, "orders", options] };
}

testPublicCalls("consume", calls);

/**
 * Every public function of `adapters/job/` that takes arguments: its rows, and right arguments.
 *
 * @module
 */
import { job } from "../../../adapters/job/mod.ts";
import { JOB_DOOR } from "../../../adapters/job/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import type { PublicCall } from "../../support/public_calls.ts";

/** All calls. */
export function calls(store: Store): Record<string, PublicCall> {
  const source = { store, topic: "orders" };
  const [initialState, process] = [() => 0, () => 1];
  const options = { name: "count", source, store, initialState, process, follow: false };
  return { job: [JOB_DOOR, job, options] };
}

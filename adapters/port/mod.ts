/**
 * For authors of adapters: what a store offers beside {@linkcode Store}.
 *
 * @example A sink of its own
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { portOf } from "@streambed/log/port";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   const port = portOf(store);
 *   let endPosition = 0;
 *   for (const body of ["ham", "eggs"]) {
 *     ({ endPosition } = await port.accept({ topic: "orders", body }));
 *   }
 *   await port.reached(endPosition, { durability: "flushed" });
 *   assert.equal(store.queue("orders").flushedEndOffset, 2);
 *
 *   await using claim = await port.claimGroup({ group: "billing", topic: "orders", queueId: 0 });
 *   assert.equal(claim.offset, undefined);
 *   claim.done(1);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export { portOf } from "../../storage/mod.ts";
export type {
  ClaimRequest,
  Clock,
  GroupClaim,
  ReachedOptions,
  StorePort,
  TimerHandle,
  Timers,
} from "../../storage/mod.ts";

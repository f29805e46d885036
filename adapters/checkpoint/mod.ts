/**
 * Checkpoints of stream jobs: {@linkcode openCheckpoints}.
 *
 * @example Outputs, offsets and state in one step
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { openCheckpoints } from "@streambed/log/checkpoint";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   await using checkpoints = await openCheckpoints<Map<string, number>>(store, "sales");
 *   await checkpoints.save({
 *     offsets: { "orders/0": 2 },
 *     state: new Map([["ham", 2]]),
 *     outputs: [{ topic: "sales", body: "ham 2" }],
 *   });
 *
 *   const last = await checkpoints.newest();
 *   assert.deepEqual(last?.offsets, { "orders/0": 2 });
 *   assert.equal(last?.state.get("ham"), 2);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export { openCheckpoints } from "./checkpoints.ts";
export type * from "./types.ts";

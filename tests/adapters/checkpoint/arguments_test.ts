/**
 * What is public of `adapters/checkpoint/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `checkpoint/rules.ts`.
 *
 * @module
 */
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { CHECKPOINTS_DOORS, OPEN_CHECKPOINTS_DOOR } from "../../../adapters/checkpoint/rules.ts";
import type { Store } from "../../../storage/mod.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";

async function calls(store: Store): Promise<PublicCalls> {
  const { newest, list, load, save, keep, drop } = CHECKPOINTS_DOORS;
  const checkpoints = await openCheckpoints(store, "other");
  const offsets = { "orders/0": 1, other: "x" };
  await checkpoints.save({ offsets, state: 1 });
  const [saved] = await checkpoints.list();
  const input = { offsets, state: undefined, outputs: [] };
  return {
    openCheckpoints: [OPEN_CHECKPOINTS_DOOR, openCheckpoints, store, "first", { readOnly: true }],
    "Checkpoints.newest": [newest, checkpoints.newest.bind(checkpoints), {}],
    "Checkpoints.list": [list, checkpoints.list.bind(checkpoints), {}],
    "CheckpointSummary.load": [load, saved.load.bind(saved), {}],
    "Checkpoints.save": [save, checkpoints.save.bind(checkpoints), input, {}],
    "Checkpoints.keep": [keep, checkpoints.keep.bind(checkpoints), 3, {}],
    "Checkpoints.drop": [drop, checkpoints.drop.bind(checkpoints), {}],
  };
}

testPublicCalls("checkpoint", calls);

/**
 * A state that is saved, and what comes back.
 *
 * @module
 */
import { type Checkpoints, openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/**
 * Runs work on the checkpoints of a new store.
 *
 * @param work The work.
 */
export async function withCheckpoints(
  work: (checkpoints: Checkpoints<unknown>) => Promise<void>,
): Promise<void> {
  await using temporary = await temporaryStore(HARNESS);
  await using checkpoints = await openCheckpoints<unknown>(temporary.store, "state");
  await work(checkpoints);
}

/**
 * Saves a state.
 *
 * @param checkpoints Where to.
 * @param state The state.
 * @returns What comes back.
 */
export async function giveBack(
  checkpoints: Checkpoints<unknown>,
  state: unknown,
): Promise<unknown> {
  await checkpoints.save({ offsets: {}, state });
  return (await checkpoints.newest())!.state;
}

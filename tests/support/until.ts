/**
 * Waiting for what another part of this process brings about.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Turns of the event loop of a millisecond at least: on a busy machine they take longer, as does
 * what is waited for.
 */
const TURNS = 60_000;

/**
 * Waits until something is so. It gives up after very many turns of the event loop, and not after a
 * time.
 *
 * @param isSo What is waited for.
 * @param meanwhile What is done in each turn, if it needs help.
 */
export async function until(isSo: () => boolean, meanwhile?: () => Promise<void>): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    assert.ok(turn < TURNS, `It comes to be: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await meanwhile?.();
  }
}

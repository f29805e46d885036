/**
 * Options of a store that are made of parts.
 *
 * @module
 */
import type { OpenStoreOptions } from "../../storage/mod.ts";

/** All of some options; what comes later wins, in geometry and tuning knob by knob. */
export function mergeOptions(...all: readonly OpenStoreOptions[]): OpenStoreOptions {
  const geometry = Object.assign({}, ...all.map((one) => one.geometry));
  const tuning = Object.assign({}, ...all.map((one) => one.tuning));
  return Object.assign({}, ...all, { geometry, tuning });
}

/**
 * The table of arguments of what this folder makes public.
 *
 * @module
 */
import { type Door, door, required, STORE } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";

export const PROMETHEUS_DOOR: Door<[store: Store]> = door(
  "tell metrics",
  "store",
  [required(STORE)],
);

/**
 * Options of `openStore()`, checked and with every default filled in.
 *
 * @module
 */
import {
  type OpenStoreOptions,
  type ResolvedOptions,
  ROCKETMQ_GEOMETRY,
  type Tuning,
} from "../options.ts";
import type { Geometry } from "../types.ts";
import { fillOptions } from "./check.ts";
import { OPEN_STORE, TUNING } from "./store_rules.ts";

type FilledOptions = Omit<ResolvedOptions, "geometry" | "tuning"> & OpenStoreOptions;

/** Checks the options of `openStore()` as {@linkcode checkCall} does, and fills in defaults. */
export function resolveOptions(options: OpenStoreOptions | undefined): ResolvedOptions {
  const filled = fillOptions("open store", OPEN_STORE, options) as FilledOptions;
  const tuning = fillOptions("open store", TUNING, filled.tuning) as Required<Tuning>;
  const retention = { ...filled.retention };
  return { ...filled, geometry: resolveGeometry(filled.geometry), tuning, retention };
}

function resolveGeometry(geometry: OpenStoreOptions["geometry"]): Partial<Geometry> {
  if (geometry === "rocketmq") return ROCKETMQ_GEOMETRY;
  if (geometry === "embedded" || geometry === undefined) return {};
  // What is undefined is left out.
  const given = Object.entries(geometry).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

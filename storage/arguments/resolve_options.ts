/**
 * Options of `openStore()`, checked and with every default filled in.
 *
 * @module
 */
import { type OpenStoreOptions, type ResolvedOptions, ROCKETMQ_GEOMETRY } from "../options.ts";
import type { Geometry } from "../types.ts";
import { fillOptions } from "./check.ts";
import { OPEN_STORE } from "./store_rules.ts";

type FilledOptions = Omit<ResolvedOptions, "geometry"> & OpenStoreOptions;

/** Checks the options of `openStore()` as {@linkcode checkCall} does, and fills in defaults. */
export function resolveOptions(options: OpenStoreOptions | undefined): ResolvedOptions {
  const filled = fillOptions("open store", OPEN_STORE, options) as FilledOptions;
  return { ...filled, geometry: resolveGeometry(filled), retention: { ...filled.retention } };
}

function resolveGeometry(options: OpenStoreOptions): Partial<Geometry> {
  const { geometry } = options;
  const base = geometry === "rocketmq"
    ? ROCKETMQ_GEOMETRY
    : typeof geometry === "object"
    ? geometry
    : {};
  const result: { -readonly [K in keyof Geometry]?: number } = {};
  for (const key of Object.keys(ROCKETMQ_GEOMETRY) as (keyof Geometry)[]) {
    const value = options[key] ?? base[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/**
 * What each record of a checkpoint says about itself, in properties: docs/format/checkpoints.md.
 *
 * @module
 */
import { CHECKPOINT_PROPERTIES, checkpointProperties } from "../../storage/layout/mod.ts";

const COUNT = /^[1-9][0-9]{0,14}$/;
const LENGTH = /^(0|[1-9][0-9]{0,14})$/;
const PART = /^(0|[1-9][0-9]{0,6})\/([1-9][0-9]{0,6})$/;

export interface CheckpointPlace {
  /** From 1. */
  readonly id: number;
  /** Which part of the payload, from 0. */
  readonly part: number;
  readonly partCount: number;
  /** `"dropped"` ends the job. */
  readonly state: "live" | "dropped";
  /** Of the whole payload. */
  readonly byteLength: number;
  /** How many checkpoints are kept; `undefined` for all. */
  readonly keep: number | undefined;
  /** Whether none before it in the queue has a higher number. Older releases do not say it. */
  readonly isNewest: boolean;
}

export function formatPlace(place: CheckpointPlace): Record<string, string> {
  const properties: Record<string, string> = {
    [CHECKPOINT_PROPERTIES.id]: `${place.id}`,
    [CHECKPOINT_PROPERTIES.part]: `${place.part}/${place.partCount}`,
    [CHECKPOINT_PROPERTIES.state]: place.state,
    [CHECKPOINT_PROPERTIES.byteLength]: `${place.byteLength}`,
  };
  if (place.keep !== undefined) properties[CHECKPOINT_PROPERTIES.keep] = `${place.keep}`;
  if (place.isNewest) properties[CHECKPOINT_PROPERTIES.newest] = "1";
  return checkpointProperties(properties);
}

/** Parses the place of a record, strictly. */
export function parsePlace(properties: ReadonlyMap<string, string>): CheckpointPlace | undefined {
  const id = parseNumber(COUNT, properties.get(CHECKPOINT_PROPERTIES.id));
  const byteLength = parseNumber(LENGTH, properties.get(CHECKPOINT_PROPERTIES.byteLength));
  const part = PART.exec(properties.get(CHECKPOINT_PROPERTIES.part) ?? "");
  const state = properties.get(CHECKPOINT_PROPERTIES.state);
  if (id === undefined || byteLength === undefined || part === null) return undefined;
  if (state !== "live" && state !== "dropped") return undefined;
  if (Number(part[1]) >= Number(part[2])) return undefined;

  return {
    id,
    part: Number(part[1]),
    partCount: Number(part[2]),
    state,
    byteLength,
    keep: parseNumber(COUNT, properties.get(CHECKPOINT_PROPERTIES.keep)),
    isNewest: properties.get(CHECKPOINT_PROPERTIES.newest) === "1",
  };
}

function parseNumber(form: RegExp, value: string | undefined): number | undefined {
  return value !== undefined && form.test(value) ? Number(value) : undefined;
}

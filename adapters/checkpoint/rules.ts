/**
 * The rows of the table of arguments that are about checkpoints.
 *
 * @module
 */
import {
  anything,
  bag,
  boolean,
  type Door,
  door,
  isRecord,
  iterable,
  JOB,
  required,
  type Rule,
  STORE,
  thing,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import type { Message, Store } from "../../storage/mod.ts";
import type { CheckpointInput, CheckpointsOptions, SourceOffsets } from "./types.ts";

const POSITIONS: Rule<SourceOffsets> = thing(
  "an object of offsets and texts",
  (value) =>
    isRecord(value) &&
    Object.values(value).every((one) => typeof one === "string" || isOffset(one)),
);

/** Arguments of {@linkcode openCheckpoints}. */
export const OPEN_CHECKPOINTS_DOOR: Door<
  [store: Store, job: string, options?: CheckpointsOptions]
> = door("open checkpoints", "store job options", [
  required(STORE),
  required(JOB),
  bag<CheckpointsOptions>({ readOnly: boolean(false) }),
]);

/** Arguments of `save()` of checkpoints. */
export const SAVE_DOOR: Door<[input: CheckpointInput<unknown>]> = door("save checkpoint", "input", [
  required(bag<CheckpointInput<unknown>>({
    offsets: required(POSITIONS),
    state: required(anything()),
    outputs: iterable<Message>("messages"),
  })),
]);

/** Arguments of `keep()` of checkpoints. */
export const KEEP_DOOR: Door<[count: number]> = door("keep checkpoints", "count", [
  required(wholeNumber({ least: 1 })),
]);

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

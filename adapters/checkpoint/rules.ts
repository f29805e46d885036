/**
 * The rows of the table of arguments about checkpoints.
 *
 * @module
 */
import {
  bag,
  boolean,
  type Door,
  door,
  type Doors,
  hasOnlyPairs,
  iterable,
  JOB,
  required,
  type Rule,
  signal,
  STORE,
  thing,
  WAIT,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import type { Message, Store } from "../../storage/mod.ts";
import type {
  CheckpointInput,
  Checkpoints,
  CheckpointsOptions,
  CheckpointSummary,
  SourceOffsets,
} from "./types.ts";

const OFFSETS: Rule<SourceOffsets> = thing(
  "an object of offsets and texts",
  (value) =>
    hasOnlyPairs(value) &&
    Object.values(value).every((one) => typeof one === "string" || isOffset(one)),
);

export const OPEN_CHECKPOINTS_DOOR: Door<
  [store: Store, job: string, options?: CheckpointsOptions]
> = door("open checkpoints", "store job options", [
  required(STORE),
  required(JOB),
  bag<CheckpointsOptions>({ readOnly: boolean(false), signal: signal() }),
]);

export const CHECKPOINTS_DOORS: Doors<
  Checkpoints<unknown> & Pick<CheckpointSummary<unknown>, "load">
> = {
  newest: door("read checkpoint", "options", [WAIT]),
  list: door("list checkpoints", "options", [WAIT]),
  load: door("read checkpoint", "options", [WAIT]),
  save: door("save checkpoint", "input options", [
    required(bag<CheckpointInput<unknown>>({
      offsets: required(OFFSETS),
      state: required(thing("anything", () => true)),
      outputs: iterable<Message>("messages"),
    })),
    WAIT,
  ]),
  keep: door("keep checkpoints", "count options", [required(wholeNumber({ least: 1 })), WAIT]),
  drop: door("drop checkpoints", "options", [WAIT]),
};

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

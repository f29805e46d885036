/**
 * The rows of the table of arguments about jobs.
 *
 * @module
 */
import {
  bag,
  callback,
  type Door,
  door,
  either,
  isStore,
  JOB,
  required,
  type Rule,
  STORE,
  thing,
  TIMES,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import { SELECTION_ROWS } from "../core/mod.ts";
import type { CheckpointInterval, JobOptions, TopicRef } from "./options.ts";

/** Messages between two checkpoints unless asked otherwise. */
export const CHECKPOINT_COUNT = 10_000;
/** Time between two checkpoints unless asked otherwise. */
export const CHECKPOINT_MS = 1000;

/** It has more members than options have. */
const TYPED_TOPIC: Rule<TopicRef<unknown>> = thing("a typed topic", (value) => {
  if (typeof value !== "object" || value === null) return false;
  const { store, topic, append, decode } = value as Partial<Record<string, unknown>>;
  return typeof topic === "string" && isStore(store) &&
    typeof append === "function" && typeof decode === "function";
});

export const JOB_DOOR: Door<[options: JobOptions<unknown, unknown>]> = door("run job", "options", [
  required(bag<JobOptions<unknown, unknown>>({
    name: required(JOB),
    source: required(either(
      TYPED_TOPIC,
      bag<TopicRef<unknown>>({
        store: required(STORE),
        topic: required(TOPIC_ON_DISK),
        decode: callback(),
      }),
    )),
    store: required(STORE),
    initialState: required(callback()),
    process: required(callback()),
    checkpointEvery: bag<CheckpointInterval>({
      count: wholeNumber({ least: 1, fallback: CHECKPOINT_COUNT }),
      ms: wholeNumber({ fallback: CHECKPOINT_MS }),
    }),
    ...SELECTION_ROWS,
  }, { not: TIMES.not })),
]);

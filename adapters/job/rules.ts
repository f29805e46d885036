/**
 * The rows of the table of arguments about jobs.
 *
 * @module
 */
import {
  bag,
  boolean,
  callback,
  type Door,
  door,
  JOB,
  list,
  QUEUE_ID,
  READ_FROM,
  required,
  signal,
  STORE,
  TAGS,
  TIME,
  TIMES,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import type { CheckpointInterval, JobOptions, TopicRef } from "./options.ts";

/** Messages between two checkpoints unless asked otherwise. */
export const CHECKPOINT_COUNT = 10_000;
/** Time between two checkpoints unless asked otherwise. */
export const CHECKPOINT_MS = 1000;

export const JOB_DOOR: Door<[options: JobOptions<unknown>]> = door("run job", "options", [
  required(bag<JobOptions<unknown>>({
    name: required(JOB),
    source: required(
      bag<TopicRef>({ store: required(STORE), topic: required(TOPIC_ON_DISK) }),
    ),
    store: required(STORE),
    initialState: required(callback()),
    process: required(callback()),
    checkpointEvery: bag<CheckpointInterval>({
      count: wholeNumber({ least: 1, fallback: CHECKPOINT_COUNT }),
      ms: wholeNumber({ fallback: CHECKPOINT_MS }),
    }),
    from: READ_FROM,
    since: TIME,
    queueIds: list(QUEUE_ID),
    tags: TAGS,
    follow: boolean(true),
    signal: signal(),
  }, { not: TIMES.not })),
]);

/**
 * The row of the table of arguments that is about jobs.
 *
 * @module
 */
import {
  bag,
  boolean,
  callback,
  type Door,
  door,
  either,
  JOB,
  list,
  preset,
  QUEUE_ID,
  READ_FROM,
  required,
  signal,
  STORE,
  TAGS,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import type { From, Queue } from "../../storage/mod.ts";
import type { JobOptions, JobSource, SnapshotInterval } from "./options.ts";

/** Arguments of {@linkcode job}. */
export const JOB_DOOR: Door<[options: JobOptions<unknown>]> = door("run job", "options", [
  required(bag<JobOptions<unknown>>({
    name: required(JOB),
    source: required(bag<JobSource>({
      store: required(STORE),
      topic: required(TOPIC_ON_DISK),
      queues: list(QUEUE_ID),
      from: preset(either(READ_FROM, callback<(queue: Queue) => From>()), "earliest"),
      tags: TAGS,
    })),
    store: required(STORE),
    initialState: required(callback()),
    process: required(callback()),
    snapshotEvery: bag<SnapshotInterval>({
      messages: wholeNumber({ least: 1, fallback: 10_000 }),
      ms: wholeNumber({ fallback: 1000 }),
    }),
    follow: boolean(true),
    signal: signal(),
  })),
]);

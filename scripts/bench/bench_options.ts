/**
 * What the benchmark is told.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The scenes, in the order in which they are played. */
export const SCENE_IDS = [
  "pages",
  "append-all",
  "append-in-flight",
  "append-committed-1",
  "append-flushed-1",
  "append-flushed-16",
  "append-flushed-256",
  "read",
  "recovery",
  "queues-staged",
  "queues-mapped",
] as const;
/** Short name of a scene. */
export type SceneId = (typeof SCENE_IDS)[number];

/** How to use it. */
export const USAGE: string = `deno task bench [option]...

  --rounds N    rounds that count, after one that warms up (default 5)
  --seconds S   how long each contestant works in a round (default 0.5)
  --only ID     only this scene; can be given again (default all):
                ${SCENE_IDS.slice(0, 4).join(", ")},
                ${SCENE_IDS.slice(4, 8).join(", ")},
                ${SCENE_IDS.slice(8).join(", ")}
  --dir DIR     where the data go, in a new directory that is removed (default the system's temporary one)
  --quick       everything once and tiny: shows that it works, measures nothing
  --json        one JSON object on standard output
  --strict      exit code 1 if a floor is missed`;

/** Messages of 1 KiB and how many of them. */
export interface Workload {
  /** Bytes of a body. */
  readonly bodyByteLength: number;
  /** Messages of a batch. */
  readonly batchCount: number;
  /** Messages that are read. */
  readonly readCount: number;
  /** Messages in a log that is recovered. */
  readonly recoverCount: number;
  /** Queues, where there are many. */
  readonly queueCount: number;
  /** Bytes of a file that is only written to. */
  readonly fileByteLength: number;
}

/** The options. */
export interface BenchOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Seconds that each contestant works in a round. */
  readonly seconds: number;
  /** Messages after which a contestant's turn ends in any case. */
  readonly messageCount: number;
  /** Scenes to play. */
  readonly scenes: readonly SceneId[];
  /** Where the data go; the system's temporary directory when left out. */
  readonly dir: string | undefined;
  /** Whether everything is tiny, so that the figures mean nothing. */
  readonly isQuick: boolean;
  /** Whether to print JSON. */
  readonly isJson: boolean;
  /** Whether a missed floor is an error. */
  readonly isStrict: boolean;
  /** What is done. */
  readonly workload: Workload;
}

const FULL: Workload = {
  bodyByteLength: 1024,
  batchCount: 1000,
  readCount: 200_000,
  recoverCount: 800_000,
  queueCount: 10_000,
  fileByteLength: 128 * 1024 * 1024,
};

const QUICK: Workload = {
  ...FULL,
  readCount: 2000,
  recoverCount: 2000,
  queueCount: 100,
  fileByteLength: 1024 * 1024,
};

/** Messages a sample at most: about 1 GB of records. */
const MESSAGE_COUNT_MAX = 1_000_000;
const QUICK_MESSAGE_COUNT_MAX = 2000;

/**
 * Reads the options.
 *
 * @param args Arguments of the command.
 * @returns The options.
 * @throws {TypeError} If one is unknown.
 * @throws {RangeError} If a number is none, or too small, or there is no such scene.
 */
export function parseBenchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string", multiple: true },
      dir: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
    },
  });
  const { quick, only = [], dir, json, strict } = values;
  return {
    rounds: positive("--rounds", values.rounds, quick ? 1 : 5, true),
    seconds: positive("--seconds", values.seconds, quick ? 0.01 : 0.5, false),
    messageCount: quick ? QUICK_MESSAGE_COUNT_MAX : MESSAGE_COUNT_MAX,
    scenes: only.length === 0 ? SCENE_IDS : only.map(sceneId),
    dir,
    isQuick: quick,
    isJson: json,
    isStrict: strict,
    workload: quick ? QUICK : FULL,
  };
}

function sceneId(text: string): SceneId {
  const id = SCENE_IDS.find((one) => one === text);
  if (id === undefined) throw new RangeError(`Cannot start the benchmark: no scene is "${text}"`);
  return id;
}

function positive(
  name: string,
  text: string | undefined,
  fallback: number,
  isWhole: boolean,
): number {
  const value = text === undefined ? fallback : Number(text);
  if (value > 0 && Number.isFinite(value) && (!isWhole || Number.isInteger(value))) return value;
  throw new RangeError(
    `Cannot start the benchmark: ${name} is "${text}", it must be a ${
      isWhole ? "whole " : ""
    }number above 0`,
  );
}

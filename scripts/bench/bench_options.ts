/**
 * What the benchmark is told.
 *
 * @module
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { RunOptions } from "./run.ts";
import type { Scene } from "./scenes/contestant.ts";
import { allScenes } from "./scenes/scenes.ts";

/** How much is done. */
export interface Workload {
  /** Messages that a store in a program of its own appends. */
  readonly peerCount: number;
  /** Flushes that such a program makes, when each is of one message. */
  readonly flushCount: number;
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
export interface BenchOptions extends RunOptions {
  /** Where the data go; the system's temporary directory when left out. */
  readonly dir: string | undefined;
  /** What goes to standard output. */
  readonly output: "text" | "json" | "markdown";
  /** Whether a missed goal is an error. */
  readonly isStrict: boolean;
}

const FULL: Workload = {
  peerCount: 200_000,
  flushCount: 1500,
  readCount: 200_000,
  recoverCount: 400_000,
  queueCount: 10_000,
  fileByteLength: 256 * 1024 * 1024,
};

const QUICK: Workload = {
  peerCount: 2000,
  flushCount: 4,
  readCount: 1000,
  recoverCount: 400,
  queueCount: 10,
  fileByteLength: 1024 * 1024,
};

/** What all scenes together never take at once. */
const TOUCHED_BYTE_LENGTH = 12 * 1024 ** 3;
/** Messages of a turn at most: their records are about half a GB. */
const MESSAGE_COUNT_MAX = 500_000;
const QUICK_MESSAGE_COUNT_MAX = 2000;

/** How to use it. */
export const USAGE: string = `deno task bench [option]... [SCENE]...

  SCENE...      only scenes of this name, or whose name begins so (default all):
                ${scenesInLines("\n                ")}
  --only SCENE  the same
  --rounds N    rounds (default 5)
  --seconds S   how long each contestant works in a round (default 0.4)
  --compare DIR the store of another checkout takes part, each turn of ours once with it: the programs
                are those of this checkout, so it may be older than them; adds about half of the time
  --dir DIR     where the data go, in a new directory that is removed (default the system's temporary one)
  --quick       everything once and tiny, without Java: shows that it works, measures nothing
  --json        one JSON object on standard output, what is told meanwhile on standard error
  --markdown    tables in Markdown on standard output
  --strict      exit code 1 if a goal is missed

All of it takes about a quarter of an hour, 2 GB of the disk and 8 GB of memory; --quick half a minute.
Peers that need Java are built once, which takes some minutes and Maven Central. Redis and NATS take
part where redis-server and nats-server are on the search path.`;

/**
 * Reads the options.
 *
 * @param args Arguments of the command.
 * @returns The options.
 * @throws {TypeError} If one is unknown.
 * @throws {RangeError} If a number is none, or too small, or there is no such scene.
 */
export function parseBenchOptions(args: string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      compare: { type: "string" },
      dir: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
    },
  });
  const { quick, only, compare, dir, json, markdown, strict } = values;
  if (json && markdown) {
    throw new TypeError("Cannot start the benchmark: one of --json, --markdown");
  }
  return {
    rounds: positive("--rounds", values.rounds, quick ? 1 : 5, true),
    seconds: positive("--seconds", values.seconds, quick ? 0.01 : 0.4, false),
    messageCount: quick ? QUICK_MESSAGE_COUNT_MAX : MESSAGE_COUNT_MAX,
    scenes: chosenScenes(allScenes(quick ? QUICK : FULL), [...only, ...positionals]),
    dir,
    compare: compare === undefined ? undefined : resolve(compare),
    isQuick: quick,
    touchedByteLength: quick ? 0 : TOUCHED_BYTE_LENGTH,
    output: json ? "json" : markdown ? "markdown" : "text",
    isStrict: strict,
  };
}

function chosenScenes(scenes: readonly Scene[], names: readonly string[]): readonly Scene[] {
  const unknown = names.find((name) => !scenes.some((scene) => isNamed(scene, name)));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot start the benchmark: no scene is "${unknown}"`);
  }
  if (names.length === 0) return scenes;
  return scenes.filter((scene) => names.some((name) => isNamed(scene, name)));
}

function isNamed({ id }: Scene, name: string): boolean {
  return id === name || id.startsWith(`${name}-`);
}

/**
 * A number of the command line.
 *
 * @param name Its option.
 * @param text What was given, if anything.
 * @param fallback What it is otherwise.
 * @param isWhole Whether it must be whole.
 * @returns The number.
 * @throws {RangeError} If it is none, or not above 0.
 */
export function positive(
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

function scenesInLines(separator: string): string {
  const ids = allScenes(FULL).map(({ id }) => id);
  const lines: string[] = [];
  for (let from = 0; from < ids.length; from += 7) lines.push(ids.slice(from, from + 7).join(", "));
  return lines.join(`,${separator}`);
}

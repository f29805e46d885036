/**
 * One turn, in a process of its own: what one leaves on its heap must not slow the next.
 *
 * @module
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MeterLimits, Sample } from "./meter.ts";
import { PEERS_SCRIPT } from "./peers.ts";
import { type Ended, runProgram } from "./run_program.ts";
import type { Contestant, Program, Work } from "./scenes/contestant.ts";
import type { LatencyMicros, TurnRequest, TurnSample } from "./work/turn.ts";

const CHILD = fileURLToPath(new URL("work/child.ts", import.meta.url));
const HERE = fileURLToPath(new URL("../..", import.meta.url));
const RECORDS_A_BLOCK = 1024;
/** What the script of the peers starts. */
const PEER_PROGRAMS = ["java", "raw"];

/** What a turn showed, for one message each. */
export interface TurnResult {
  /** Messages, or openings, a second. */
  readonly rate: number;
  /** Processor time, microseconds. */
  readonly cpuMicros: number;
  /** Minor page faults for 1,000 messages. */
  readonly minorFaults: number;
  /** Major page faults for 1,000 messages. */
  readonly majorFaults: number;
  /** Bytes of pages that were made dirty. */
  readonly writtenByteLength: number;
  /** The most memory outside of mappings of files, bytes, of the whole process. */
  readonly memoryByteLength: number;
  /** Microseconds, of programs that tell them. */
  readonly latencyMicros?: LatencyMicros;
}

/** Where and how turns are played. */
export interface PlayPlace extends MeterLimits {
  /** An empty directory, absolute. */
  readonly directory: string;
}

/** Plays turns. */
export interface Player {
  /**
   * Plays one turn.
   *
   * @param contestant Whose.
   * @param root The tree whose store is measured, where it is one of ours; this one when left out.
   * @returns What it showed.
   * @throws {Error} If it fails; with what was said.
   */
  play(contestant: Contestant, root?: string): Promise<TurnResult>;
  /** Removes what was filled. */
  forget(): void;
}

/** Plays each turn in a child, and fills what they need. */
export class ChildPlayer implements Player {
  readonly #place: PlayPlace;
  readonly #filled: Map<string, Promise<string>> = new Map();
  #next = 0;

  /** Whoever made the directory removes it. */
  constructor(place: PlayPlace) {
    this.#place = place;
  }

  /** Fills what the turn reads, plays it in a directory of its own, and removes that. */
  async play({ name, program }: Contestant, root: string = HERE): Promise<TurnResult> {
    const directory = join(this.#place.directory, String(this.#next++));
    mkdirSync(directory);
    try {
      switch (program.by) {
        case "child":
          return await this.#playChild(name, program, { directory, root });
        case "peers":
          return await playPeer(name, program, directory);
        case "dd":
          return await playDd(name, program, directory);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** Removes the stores that were filled. */
  forget(): void {
    this.#filled.clear();
    for (const name of readdirSync(this.#place.directory)) {
      rmSync(join(this.#place.directory, name), { recursive: true });
    }
  }

  async #playChild(
    name: string,
    { turn, fill }: Extract<Program, { by: "child" }>,
    { directory, root }: { readonly directory: string; readonly root: string },
  ): Promise<TurnResult> {
    const path = fill === undefined
      ? join(directory, "data")
      : await this.#fill(`${name}'s fill`, fill, root);
    const { stdout, watch } = await this.#runChild(name, turn, { path, root });
    const sample: TurnSample = JSON.parse(stdout);
    const { count, seconds, latencyMicros } = sample;
    return {
      ...resultOf(count / seconds, sample, count, watch.memoryByteLength),
      latencyMicros,
    };
  }

  async #fill(name: string, fill: Work, root: string): Promise<string> {
    const key = JSON.stringify([fill, root]);
    const path = join(this.#place.directory, `filled-${this.#filled.size}`);
    const filling = this.#filled.get(key) ??
      this.#runChild(name, fill, { path, root }).then(() => path);
    this.#filled.set(key, filling);
    return await filling;
  }

  #runChild(
    name: string,
    { work, how }: Work,
    where: { readonly path: string; readonly root: string },
  ): Promise<Ended> {
    const { seconds, messageCount } = this.#place;
    const request: TurnRequest = { work, how, ...where, seconds, messageCount };
    const args = ["run", "-A", "--quiet", "--no-check", CHILD, JSON.stringify(request)];
    return runProgram(name, Deno.execPath(), args);
  }
}

async function playPeer(
  name: string,
  { words, count, warmUp }: Extract<Program, { by: "peers" }>,
  directory: string,
): Promise<TurnResult> {
  const args = [...words, "--dir", directory];
  const { stdout, watch } = await runProgram(name, PEERS_SCRIPT, args, PEER_PROGRAMS);
  const { messagesPerSecond, dispatchedPerSecond, latencyMicros } = JSON.parse(stdout);
  // A recovery has dispatched everything when the store is loaded, before its threads are started.
  const isLoaded = words.includes("recover");
  const rate = isLoaded ? messagesPerSecond : dispatchedPerSecond ?? messagesPerSecond;
  const result = resultOf(rate, watch.needs, count + warmUp, watch.memoryByteLength);
  return { ...result, latencyMicros };
}

async function playDd(
  name: string,
  { blockCount, isSynced }: Extract<Program, { by: "dd" }>,
  directory: string,
): Promise<TurnResult> {
  const { stderr, watch } = await runProgram(name, "dd", [
    "if=/dev/zero",
    `of=${join(directory, "data")}`,
    "bs=1M",
    `count=${blockCount}`,
    ...(isSynced ? ["conv=fdatasync"] : []),
  ]);
  const seconds = Number(/copied, ([\d.e-]+) s,/.exec(stderr)?.[1]);
  const count = blockCount * RECORDS_A_BLOCK;
  return resultOf(count / seconds, watch.needs, count, watch.memoryByteLength);
}

function resultOf(
  rate: number,
  needs: Omit<Sample, "count" | "seconds"> | undefined,
  count: number,
  memoryByteLength: number,
): TurnResult {
  if (!(rate > 0)) throw new Error(`Cannot use rate: it is ${rate}`);
  const { cpuSeconds = 0, minorFaults = 0, majorFaults = 0, writtenByteLength = 0 } = needs ?? {};
  return {
    rate,
    cpuMicros: cpuSeconds * 1e6 / count,
    minorFaults: minorFaults * 1000 / count,
    majorFaults: majorFaults * 1000 / count,
    writtenByteLength: writtenByteLength / count,
    memoryByteLength,
  };
}

/**
 * Makes the tape of a failing history as short and as tame as it will go.
 *
 * It works on the tape and never on the seed: a history that lost some of its decisions is still a
 * history. A candidate counts only if it breaks the same kind of promise.
 *
 * @module
 */
import { kindOf } from "../history/invariants.ts";
import { Choices } from "../machine/choices.ts";

/** Runs a history; gives the promise that it broke as `"kind: details"`, or `undefined`. */
export type History = (choices: Choices) => Promise<string | undefined>;

/** The simplest failing history that was found. */
export interface ShrunkHistory {
  /** The tape that repeats it. */
  readonly tape: readonly number[];
  /** What it breaks. */
  readonly broken: string;
  /** How many histories were run to find it. */
  readonly runCount: number;
}

const RUN_LIMIT = 2000;

/**
 * Shrinks a failing history.
 *
 * @param tape What a failing history drew.
 * @param history Runs a history.
 * @returns The simplest one found.
 * @throws {Error} If the history does not fail.
 */
export async function shrink(tape: readonly number[], history: History): Promise<ShrunkHistory> {
  const broken = await history(new Choices(tape));
  if (broken === undefined) throw new Error("Cannot shrink a history: it breaks no promise");

  const shrinker = new Shrinker(trimmed(tape), broken, history);
  for (let improved = true; improved;) {
    const deleted = await shrinker.deleteChunks();
    const tamed = await shrinker.tameChunks();
    improved = await shrinker.lowerValues() || deleted || tamed;
  }
  return { tape: shrinker.tape, broken: shrinker.broken, runCount: shrinker.runCount };
}

class Shrinker {
  tape: readonly number[];
  broken: string;
  runCount = 1;
  readonly #history: History;

  constructor(tape: readonly number[], broken: string, history: History) {
    this.tape = tape;
    this.broken = broken;
    this.#history = history;
  }

  async deleteChunks(): Promise<boolean> {
    let improved = false;
    for (let count = this.tape.length >> 1; count >= 1; count >>= 1) {
      for (let at = 0; at + count <= this.tape.length;) {
        const candidate = this.tape.toSpliced(at, count);
        if (await this.#accepts(candidate)) improved = true;
        else at += count;
      }
    }
    return improved;
  }

  /** A run of zeros keeps what comes after it in its place, which a deletion does not. */
  async tameChunks(): Promise<boolean> {
    let improved = false;
    for (let count = this.tape.length >> 1; count > 1; count >>= 1) {
      for (let at = 0; at < this.tape.length; at += count) {
        const chunk = this.tape.slice(at, at + count);
        if (chunk.every((value) => value === 0)) continue;
        const candidate = this.tape.toSpliced(at, chunk.length, ...chunk.map(() => 0));
        if (await this.#accepts(candidate)) improved = true;
      }
    }
    return improved;
  }

  async lowerValues(): Promise<boolean> {
    let improved = false;
    for (let at = 0; at < this.tape.length; at++) {
      // A halving step finds the least value that still fails as a binary search would.
      for (let step = this.tape[at]; step >= 1; step = Math.floor(step / 2)) {
        while (this.tape[at] >= step && await this.#accepts(this.#lowered(at, step))) {
          improved = true;
        }
      }
    }
    return improved;
  }

  #lowered(at: number, step: number): readonly number[] {
    return this.tape.with(at, this.tape[at] - step);
  }

  async #accepts(candidate: readonly number[]): Promise<boolean> {
    if (this.runCount >= RUN_LIMIT) return false;
    this.runCount++;
    const broken = await this.#history(new Choices(candidate));
    if (broken === undefined || kindOf(broken) !== kindOf(this.broken)) return false;
    this.tape = trimmed(candidate);
    this.broken = broken;
    return true;
  }
}

/** Zeros at the end say nothing: past its end a tape is all zeros. */
function trimmed(tape: readonly number[]): readonly number[] {
  return tape.slice(0, tape.findLastIndex((value) => value !== 0) + 1);
}

/**
 * Random numbers that a seed repeats: a test that fails prints its seed, and the seed fails again.
 *
 * The generator is SplitMix32: 32 bits of state, a period of 2^32, good enough to choose inputs.
 *
 * @module
 */
import assert from "node:assert/strict";

const UINT32 = 2 ** 32;
const GOLDEN_GAMMA = 0x9e3779b9;

/** A source of repeatable choices. */
export interface SeededRandom {
  /** The seed that repeats everything this source gives. */
  readonly seed: number;
  /** An integer from 0 inclusive to `limit` exclusive; `limit` is at most 2^53. */
  next(limit: number): number;
  /** A number from 0 inclusive to 1 exclusive. */
  fraction(): number;
  /** True once in `oneIn` times. */
  chance(oneIn: number): boolean;
  /** `byteLength` bytes, each of them any value. */
  bytes(byteLength: number): Uint8Array<ArrayBuffer>;
  /** One of `items`, which must hold at least one. */
  pick<T>(items: readonly T[]): T;
  /** A copy of `items` in another order. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * Starts a source of random choices that depends on nothing but `seed`.
 *
 * @param seed Any integer; its low 32 bits count.
 * @returns The source.
 */
export function seededRandom(seed: number): SeededRandom {
  assert.ok(Number.isSafeInteger(seed), `Cannot seed the generator: ${seed} is not an integer`);
  return new SplitMix32(seed);
}

class SplitMix32 implements SeededRandom {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  next(limit: number): number {
    assert.ok(Number.isSafeInteger(limit) && limit > 0, `Cannot choose below ${limit}`);
    if (limit <= UINT32) return Math.floor(this.#word() / UINT32 * limit);
    return Math.floor(this.fraction() * limit);
  }

  fraction(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  chance(oneIn: number): boolean {
    return this.next(oneIn) === 0;
  }

  bytes(byteLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteLength);
    for (let at = 0; at < byteLength; at++) bytes[at] = this.#word() >>> 24;
    return bytes;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.next(items.length)];
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.next(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }

  #word(): number {
    this.#state = (this.#state + GOLDEN_GAMMA) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  }
}

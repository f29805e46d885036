/**
 * How many bytes a stream in object mode holds, which counts chunks alone.
 *
 * @module
 */
import { HIGH_WATER_MARK } from "../core/mod.ts";

/** Bytes that were written: those that wait, and those that the store has and that run. */
export class ByteBudget {
  #waiting = 0;
  #running = 0;
  #owesDrain = false;

  add(chunk: unknown): void {
    this.#waiting += byteLengthOf(chunk);
  }

  /** A stream hands over all that waits. */
  run(): void {
    this.#running = this.#waiting;
    this.#waiting = 0;
  }

  /** Whether more may be written now; if not, {@linkcode settle} tells when. */
  hasRoom(): boolean {
    const isFull = this.#waiting + this.#running >= HIGH_WATER_MARK;
    if (isFull) this.#owesDrain = true;
    return !isFull;
  }

  /** What ran is done; tells whether a writer waits for room that is there now. */
  settle(): boolean {
    this.#running = 0;
    const isTold = this.#owesDrain && this.#waiting < HIGH_WATER_MARK;
    if (isTold) this.#owesDrain = false;
    return isTold;
  }
}

/** Of the bodies; a text counts a byte a character. What is no chunk has none, and is refused. */
function byteLengthOf(chunk: unknown): number {
  if (typeof chunk === "string") return chunk.length;
  if (chunk instanceof Uint8Array) return chunk.length;
  if (typeof chunk !== "object" || chunk === null) return 0;
  if (!Array.isArray(chunk)) return "body" in chunk ? bodyLengthOf(chunk.body) : 0;
  let sum = 0;
  for (const one of chunk) sum += byteLengthOf(one);
  return sum;
}

function bodyLengthOf(body: unknown): number {
  return typeof body === "string" || body instanceof Uint8Array ? body.length : 0;
}

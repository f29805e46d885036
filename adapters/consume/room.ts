/**
 * How much may be under way.
 *
 * @module
 */

/** Messages that wait to be handled, or for one before them in their queue. */
const COUNT_MAX = 1024;
/** Bytes of records that wait to be handled, unless one has more. */
const BYTE_LENGTH_MAX = 32 * 1024 * 1024;

/** Room for messages, which is waited for before one is added. */
export class Room {
  #count = 0;
  #byteLength = 0;
  #isEnded = false;
  #waiting: (() => void)[] = [];

  /** Settles when there is room, or none is needed any more. */
  async wait(): Promise<void> {
    while (!this.#isEnded && (this.#count >= COUNT_MAX || this.#byteLength >= BYTE_LENGTH_MAX)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A message was added. */
  take(byteLength: number): void {
    this.#count++;
    this.#byteLength += byteLength;
  }

  /** Bytes are not needed any more. */
  giveBytes(byteLength: number): void {
    this.#byteLength -= byteLength;
    this.#wake();
  }

  /** Messages are done, and all before them. */
  giveCount(count: number): void {
    this.#count -= count;
    this.#wake();
  }

  /** Nothing is added any more. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

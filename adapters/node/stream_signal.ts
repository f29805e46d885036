/**
 * The signal of a stream: it destroys the stream, and is forgotten with it.
 *
 * @module
 */

/** Listens until it is told to stop. */
export class StreamSignal {
  readonly #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  /**
   * Starts to listen.
   *
   * @param signal The signal, if there is one.
   * @param destroy Called with the reason; with an error whose cause is the reason, if that is none.
   */
  constructor(signal: AbortSignal | undefined, destroy: (error: Error) => void) {
    this.#signal = signal;
    if (signal === undefined) return;
    this.#onAbort = () => destroy(errorOf(signal.reason));
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Stops to listen. */
  forget(): void {
    if (this.#onAbort) this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

/** Who listens to the errors of a stream of Node counts on an error, and a falsy one would be none. */
function errorOf(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return new Error("Cannot go on with stream: its signal was aborted", { cause: reason });
}

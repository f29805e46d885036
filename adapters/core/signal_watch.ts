/**
 * A signal that is listened to until something has ended.
 *
 * @module
 */

/** Listens to a signal until it aborts, or until {@linkcode SignalWatch.forget}. */
export class SignalWatch {
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(signal: AbortSignal | undefined, onAbort: (reason: unknown) => void) {
    this.#signal = signal;
    this.#onAbort = () => onAbort(signal?.reason);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  forget(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

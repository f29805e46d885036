/**
 * An `AbortSignal` that knows how many listen to it, so that a test sees who forgets to stop.
 *
 * @module
 */

/** A controller whose signal counts its listeners. */
export class CountedAbortController extends AbortController {
  #listeners: Set<unknown> = new Set();

  /** Starts to count. */
  constructor() {
    super();
    const listeners = this.#listeners;
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.add(args[1]);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.delete(args[1]);
      remove(...args);
    };
  }

  /** Listeners that were added and not removed. */
  get listenerCount(): number {
    return this.#listeners.size;
  }
}

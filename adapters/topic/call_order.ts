/**
 * The order of calls, where some of them have to wait before they may do what they are there for.
 *
 * @module
 */
import { dropPromise } from "../../storage/arguments/mod.ts";

/** Lets each act once those that were called before have acted or failed. */
export class CallOrder {
  /** Settles when the last call has acted or failed; `undefined` if none waits. */
  #last: Promise<void> | undefined;

  /** Whether a call may act at once. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  /**
   * Acts in turn.
   *
   * @param ready What this call waits for itself; if it rejects, the call does not act.
   * @param act Begins the work, which the calls after it do not wait for.
   */
  run<T>(ready: Promise<void> | undefined, act: () => Promise<T>): Promise<T> {
    // It may reject before its turn, which would end the process.
    dropPromise(ready);
    const before = this.#last ?? Promise.resolve();
    // In an object, because the work alone would be waited for.
    const begun = before.then(() => ready).then(() => ({ work: act() }));
    const last: Promise<void> = begun.then(() => this.#end(last), () => this.#end(last));
    this.#last = last;
    return begun.then(({ work }) => work);
  }

  #end(ended: Promise<void>): void {
    if (this.#last === ended) this.#last = undefined;
  }
}

/**
 * A store whose durability can be held up, so that a test sees who waits for it without measuring time.
 *
 * @module
 */
import type { Durability, Store } from "../../mod.ts";
import { interceptStore } from "./intercepted_store.ts";

/** What somebody waits for. */
export interface HeldWait {
  /** How durable it is to be. */
  readonly durability: Durability;
  /** Position up to which. */
  readonly position: number;
}

/** A store that answers {@linkcode Store.reached} only when it is let. */
export class HeldStore {
  /** The same store, to be handed to what is tested. */
  readonly store: Store;
  readonly #real: Store;
  #release: PromiseWithResolvers<void> = Promise.withResolvers();
  #asked: PromiseWithResolvers<HeldWait> = Promise.withResolvers();

  /** Holds `real` up from the beginning. */
  constructor(real: Store) {
    this.#real = real;
    this.store = interceptStore(real, {
      reached: (durability, position) => this.#reached(durability, position),
    });
  }

  /** Settles when somebody waits, with what for. */
  get asked(): Promise<HeldWait> {
    return this.#asked.promise;
  }

  /** Lets everybody go on who waits, and all who come later. */
  release(): void {
    this.#release.resolve();
  }

  /** Fails everybody who waits, and all who come later. */
  fail(error: Error): void {
    this.#release.promise.catch(() => undefined);
    this.#release.reject(error);
  }

  async #reached(durability: Durability, position: number): Promise<void> {
    this.#asked.resolve({ durability, position });
    await this.#release.promise;
    await this.#real.reached(durability, position);
  }
}

/**
 * How much is under way.
 *
 * @module
 */

/** Counts what is under way, and tells when nothing is. */
export class Pending {
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  begin(): void {
    this.#count++;
  }

  /** One has ended; without effect if it was forgotten before. */
  end(): void {
    if (this.#count > 0 && --this.#count === 0) this.#tell();
  }

  /** Stops waiting for all of it. */
  forget(): void {
    this.#count = 0;
    this.#tell();
  }

  async idle(): Promise<void> {
    if (this.#count === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #tell(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

/**
 * Decides whether a failure of the store was called for.
 *
 * @module
 */
import { StoreError } from "../../../storage/mod.ts";
import { isDeath } from "../machine/faults.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import { BrokenPromise } from "./store_ledger.ts";
import type { StoreLifeParts } from "./store_life.ts";

/** Whom it guards, and when. */
type GuardParts = Pick<StoreLifeParts, "kernel" | "process" | "areErrorsExpected">;

/** Waits for the store of one process, and judges how it fails. */
export class StoreGuard {
  readonly #parts: GuardParts;
  #lastRefusal: unknown;

  /** Makes one for a life. */
  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** The last failure that was called for. */
  get lastRefusal(): unknown {
    return this.#lastRefusal;
  }

  /** Waits for work that may not fail. */
  async must<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await this.#parts.kernel.scheduler.settle(work, this.#parts.process);
    } catch (error) {
      return this.mustNotFail(what, error);
    }
  }

  /** Throws that the store cannot be used. */
  mustNotFail(what: string, error: unknown): never {
    if (error instanceof BrokenPromise || isDeath(error)) throw error;
    throw new BrokenPromise(`unusable: cannot ${what}: ${(error as Error).stack}`);
  }

  /**
   * Waits for work that the machine may let fail, but only in ways that the store knows;
   * `undefined` if it did.
   */
  async tolerant<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const { kernel, process } = this.#parts;
    try {
      return await kernel.scheduler.settle(work(), process);
    } catch (error) {
      if (error instanceof BrokenPromise || isDeath(error)) throw error;
      this.judge(`cannot ${what}`, error);
      return undefined;
    }
  }

  /** Throws unless a refusal was called for. */
  judge(what: string, error: unknown): void {
    const { kernel, areErrorsExpected } = this.#parts;
    kernel.note(`${what}: ${error}`);
    this.#lastRefusal = error;
    if (areErrorsExpected && isRefusal(error)) return;
    throw new BrokenPromise(`exception: ${what}: ${(error as Error).stack}`);
  }

  /** Waits until nothing is under way, then checks that the process, if it lives, holds nothing. */
  async checkReleased(after: string): Promise<void> {
    const { kernel, process } = this.#parts;
    await kernel.scheduler.idle();
    if (process.alive) assertReleased(process, after);
  }
}

/** Throws if a process still has descriptors or mappings. */
export function assertReleased({ descriptorCount, mappings }: SimProcess, after: string): void {
  if (descriptorCount === 0 && mappings.size === 0) return;
  throw new BrokenPromise(
    `leak: ${descriptorCount} descriptors and ${mappings.size} mappings after ${after}`,
  );
}

/**
 * What a store may answer when the machine fails: an error of its own, or of the machine, and never
 * that the log is damaged.
 */
function isRefusal(error: unknown): boolean {
  return StoreError.is(error) && error.code !== "CORRUPTED" && error.code !== "CHECKPOINT_AHEAD";
}

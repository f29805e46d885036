/**
 * What becomes of stored values that do not fit, for one who reads.
 *
 * @module
 */
import { type StoredMessage, StoreError } from "../../storage/mod.ts";
import type { TypedMessage } from "./types.ts";
import type { Values } from "./values.ts";

/** A message with its value; `undefined` if it is skipped. */
export type Opened<Out> = TypedMessage<Out> | undefined;

/** Gives messages their values, and counts those that it skips. */
export class Opener<Out> {
  readonly #values: Pick<Values<never, Out>, "decode">;
  readonly #skips: boolean;
  #skippedCount = 0;

  constructor(values: Pick<Values<never, Out>, "decode">, skips: boolean) {
    this.#values = values;
    this.#skips = skips;
  }

  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** A promise only where the schema gives one. */
  open(message: StoredMessage): Opened<Out> | Promise<Opened<Out>> {
    try {
      const opened = this.#values.decode(message);
      return opened instanceof Promise ? opened.catch((error) => this.#skip(error)) : opened;
    } catch (error) {
      return this.#skip(error);
    }
  }

  /** Passes over what does not fit; what else went wrong is no fault of the message. */
  #skip(error: unknown): undefined {
    if (!this.#skips || !StoreError.is(error, "INVALID_VALUE")) throw error;
    this.#skippedCount++;
  }
}

/**
 * What becomes of stored values that do not fit, for one who reads.
 *
 * @module
 */
import { type StoredMessage, StoreError } from "../../storage/mod.ts";
import type { TopicOptions, TypedMessage } from "./types.ts";
import type { Values } from "./values.ts";

/** A message with its value; `undefined` if it is skipped. */
export type Opened<Out> = TypedMessage<Out> | undefined;

/** What becomes of a value that does not fit. */
export type Fate = NonNullable<TopicOptions["invalid"]>;

/** Gives messages their values, and counts those that it skips. */
export class Opener<Out> {
  readonly #values: Pick<Values<never, Out>, "decode">;
  readonly #fate: Fate;
  #skippedCount = 0;

  constructor(values: Pick<Values<never, Out>, "decode">, fate: Fate) {
    this.#values = values;
    this.#fate = fate;
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
    if (this.#fate !== "skip" || !StoreError.is(error, "INVALID_VALUE")) throw error;
    this.#skippedCount++;
  }
}

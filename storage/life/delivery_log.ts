/**
 * Appends what is delivered: copies, and behind them the record that tells how far all deliveries
 * are, in one atomic batch. One after the other, so that each record tells what those before did.
 *
 * @module
 */
import {
  type DeliveryProgress,
  prepareCopy,
  prepareDelivered,
  type PreparedMessage,
} from "../layout/mod.ts";
import type { AppendAllResult } from "../types.ts";
import type { RoundMessage } from "./delivery_round.ts";
import type { StoreFiles } from "./store_files.ts";

/** Appends messages as one atomic batch; settles once it is committed. */
export type AppendBatch = (messages: readonly PreparedMessage[]) => Promise<AppendAllResult>;

/** A delivery. */
export interface Delivered {
  readonly messages: readonly RoundMessage[];
  /** What the record tells, as far as this delivery changes it. */
  readonly advanced: Partial<DeliveryProgress>;
  /** Takes it for done; the record ends at that position. */
  done(endPosition: number): void;
}

/** The one way by which deliveries get into the log. */
export class DeliveryLog {
  readonly #files: StoreFiles;
  readonly #append: AppendBatch;
  readonly #progress: () => DeliveryProgress;
  #last: Promise<unknown> = Promise.resolve();
  #endPosition = 0;

  /** `progress` is what was told last. */
  constructor(files: StoreFiles, append: AppendBatch, progress: () => DeliveryProgress) {
    this.#files = files;
    this.#append = append;
    this.#progress = progress;
  }

  /** Where the record of the last delivery ends; 0 before the first. */
  get endPosition(): number {
    return this.#endPosition;
  }

  /** Settles once it is committed and taken for done. */
  deliver(delivered: Delivered): Promise<void> {
    const done = this.#last.then(() => this.#deliver(delivered));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #deliver({ messages, advanced, done }: Delivered): Promise<void> {
    const count = messages.length + 1;
    const copies = messages.map(({ record, place }, index) =>
      prepareCopy(record, place, { index, count })
    );
    const now = this.#files.environment.clock.now();
    const progress = { ...this.#progress(), ...advanced };
    const told = prepareDelivered(progress, now, { index: count - 1, count });
    const { endPosition } = await this.#append([...copies, told]);
    this.#endPosition = endPosition;
    done(endPosition);
  }
}

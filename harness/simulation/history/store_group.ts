/**
 * Progress of a group in the simulated store, and what was promised of it.
 *
 * @module
 */
import type { GroupClaim, Store } from "../../../storage/mod.ts";
import { BrokenPromise } from "./store_ledger.ts";
import { innerPortOf } from "../../../storage/mod.ts";

const GROUP = "reader";

/** The group of one history. It reads queue 0 of a topic. */
export class GroupModel {
  readonly #topic: string;
  #lease: GroupClaim | undefined;
  #greatest = 0;
  #durable = 0;

  /** Makes a group that has read nothing. */
  constructor(topic: string) {
    this.#topic = topic;
  }

  /**
   * Takes the queue and looks where the group is.
   *
   * @param store A store that was just opened.
   */
  open(store: Store): void {
    const lease = innerPortOf(store).claim({ group: GROUP, topic: this.#topic, queueId: 0 });
    this.#lease = lease;
    const { offset = 0 } = lease;
    if (offset < this.#durable || offset > this.#greatest) {
      throw new BrokenPromise(
        `progress: ${offset}, after ${this.#durable} was durable and ${this.#greatest} committed`,
      );
    }
    this.#greatest = offset;
  }

  /** Commits what the queue has by now. */
  commit(store: Store): void {
    this.#greatest = Math.max(this.#greatest, store.queue(this.#topic, 0).flushedEndOffset);
    this.#lease?.done(this.#greatest);
  }

  /** The store was closed in order: what was committed is durable. */
  closed(): void {
    this.#durable = this.#greatest;
  }
}

/**
 * The progress of a job as a group's: for people and brokers to see, and for retention to wait for.
 *
 * The truth is the checkpoint. The mirror is written after it, so it may lag and never leads, and
 * the job does not read it. Only its existence must be on the disk before the first checkpoint: a
 * job that is killed would find deleted what it reads next.
 *
 * @module
 */
import type { HeldClaim } from "../../storage/mod.ts";
import type { JobOffsets } from "./job_offsets.ts";
import type { JobOptions } from "./options.ts";
import { innerPortOf } from "../../storage/mod.ts";

/** The mirror of one job; without effect if the job reads another store than its own. */
export class JobMirror {
  readonly #options: Pick<JobOptions<never, unknown>, "source" | "store">;
  readonly #group: string;
  readonly #claims: Map<number, HeldClaim> = new Map();
  #isKnown = true;

  /** `group` is named like the topic of the checkpoints, so that no source meets it. */
  constructor(options: Pick<JobOptions<never, unknown>, "source" | "store">, group: string) {
    this.#options = options;
    this.#group = group;
  }

  /** Adds a queue, in which the job reads on at `offset`. */
  add(queueId: number, offset: number): void {
    const { source, store } = this.#options;
    if (source.store !== store) return;
    const claim = innerPortOf(store).claim({ group: this.#group, topic: source.topic, queueId });
    this.#claims.set(queueId, claim);
    this.#isKnown = false;
    claim.done(offset);
  }

  /** Settles when every queue is on the disk, at any offset. */
  async known(): Promise<void> {
    if (this.#isKnown) return;
    await this.#options.store.flush();
    this.#isKnown = true;
  }

  done(offsets: JobOffsets): void {
    for (const [queueId, claim] of this.#claims) {
      const offset = offsets.get(queueId);
      if (offset !== undefined) claim.done(offset);
    }
  }

  release(): void {
    for (const claim of this.#claims.values()) claim.release();
    this.#claims.clear();
  }
}

/**
 * The progress of a job as a group's: for people and brokers to see, and for retention to wait for.
 *
 * The truth is the checkpoint. The mirror is written after it, so it may lag and never leads, and
 * the job does not read it. Only its existence must be on the disk before the first checkpoint: a
 * job that is killed would find deleted what it reads next.
 *
 * @module
 */
import type { ClaimRequest, HeldClaim } from "../../storage/mod.ts";
import type { JobOffsets } from "./job_offsets.ts";
import type { JobOptions } from "./options.ts";
import { innerPortOf, StoreError } from "../../storage/mod.ts";

/** A job may read where it cannot write, as on a file system that is mounted so. */
const UNWRITABLE = ["EACCES", "EPERM", "EROFS"];

/** The mirror of one job, in the store that it reads: there retention waits for it. */
export class JobMirror {
  readonly #source: JobOptions<never, unknown>["source"];
  readonly #group: string;
  readonly #claims: Map<number, HeldClaim> = new Map();
  #isKnown = true;

  /** `group` is named like the topic of the checkpoints, so that no source meets it. */
  constructor(source: JobOptions<never, unknown>["source"], group: string) {
    this.#source = source;
    this.#group = group;
  }

  /** Adds a queue, in which the job reads on at `offset`. */
  add(queueId: number, offset: number): void {
    const { topic } = this.#source;
    const claim = this.#claim({ group: this.#group, topic, queueId });
    if (claim === undefined) return;
    this.#claims.set(queueId, claim);
    this.#isKnown = false;
    claim.done(offset);
  }

  #claim(request: ClaimRequest): HeldClaim | undefined {
    try {
      return innerPortOf(this.#source.store).claim(request);
    } catch (error) {
      const isUnwritable = StoreError.is(error, "SYSTEM") && UNWRITABLE.includes(`${error.errno}`);
      if (isUnwritable && this.#source.store.info.role === "reader") return undefined;
      throw error;
    }
  }

  /** Settles when every queue is on the disk, at any offset. */
  async known(): Promise<void> {
    if (this.#isKnown) return;
    await innerPortOf(this.#source.store).writeGroups();
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

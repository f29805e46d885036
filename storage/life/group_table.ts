/**
 * Progress of groups, kept where a broker keeps it: RocketMQ's `ConsumerOffsetManager`.
 *
 * @module
 */
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets } from "../broker/mod.ts";
import { groupBusy, queueName } from "../errors.ts";
import type { StoreFiles } from "./store_files.ts";
import type { ClaimRequest, HeldClaim } from "../port.ts";
import type { GroupPlace } from "../types.ts";
import { Housekeeper } from "./housekeeper.ts";
import { type MetaParts, pendingDuty, writeMeta } from "./log_duties.ts";

/** The groups of one store, and the claims of this process. */
export class GroupTable {
  readonly offsets: ConsumerOffsets;
  readonly #parts: MetaParts;
  readonly #housekeeper: Housekeeper;
  readonly #processId: number;
  readonly #claimed = new Set<string>();

  /** Takes over the progress read; it is written every `groupIntervalMs` while it changes. */
  constructor(offsets: ConsumerOffsets, files: StoreFiles, parts: MetaParts) {
    const { environment, directory, options } = files;
    this.offsets = offsets;
    this.#parts = parts;
    this.#processId = environment.libc.processId();
    // On its own timer, and also after the log has failed.
    this.#housekeeper = new Housekeeper({
      environment,
      intervalMs: options.tuning.groupIntervalMs,
      note: directory.trust.note,
      subject: "Group progress is",
    }, [pendingDuty(() => offsets.isDirty, () => this.write())]);
  }

  /** This process's id if it holds the claim. */
  claimant(claim: ClaimRequest): number | undefined {
    return this.#claimed.has(claimKey(claim)) ? this.#processId : undefined;
  }

  /** Claims a queue for a group. Throws `GROUP_BUSY` while it is claimed. */
  claim({ group, topic, queueId }: ClaimRequest): HeldClaim {
    const key = claimKey({ group, topic, queueId });
    if (this.#claimed.has(key)) throw groupBusy(group, queueName(topic, queueId));
    this.#claimed.add(key);
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#claimed.delete(key);
      isHeld = false;
    };
    return {
      offset: this.offsets.get(group, topic, queueId),
      done: (offset) => {
        checkCall(CLAIM_DOORS.done, offset);
        if (isHeld) this.#set(group, { topic, queueId, offset });
      },
      release,
      [Symbol.asyncDispose]: () => Promise.resolve(release()),
    };
  }

  /** Sets a group's progress, durably. Throws `GROUP_BUSY` while the queue is claimed. */
  async move(group: string, to: GroupPlace): Promise<void> {
    if (this.#claimed.has(claimKey({ group, ...to }))) {
      throw groupBusy(group, queueName(to.topic, to.queueId));
    }
    this.#set(group, to);
    await this.write();
  }

  /**
   * Writes all progress, also changes during an earlier write; the timer retries a failed write.
   */
  async write(): Promise<void> {
    try {
      await this.offsets.write();
      await this.#rememberFiles();
    } catch (error) {
      this.#housekeeper.wake();
      throw error;
    }
  }

  /** Stops the timer, after a running write. */
  async stop(): Promise<void> {
    await this.#housekeeper.stop();
  }

  /** Remembers in `streambed/meta` that the files exist, so that a missing one is noticed. */
  async #rememberFiles(): Promise<void> {
    const { meta, failure } = this.#parts;
    const { told } = this.offsets;
    const known = meta.current!;
    const hasOffsets = told.hasOffsets || known.hasOffsets === true;
    const hasLmqOffsets = told.hasLmqOffsets || known.hasLmqOffsets === true;
    const isKnown = hasOffsets === known.hasOffsets && hasLmqOffsets === known.hasLmqOffsets;
    if (isKnown || failure.error !== undefined) return;
    await writeMeta(this.#parts, { hasOffsets, hasLmqOffsets });
  }

  #set(group: string, { topic, queueId, offset }: GroupPlace): void {
    this.offsets.set(group, topic, queueId, offset);
    this.#housekeeper.wake();
  }
}

function claimKey({ group, topic, queueId }: ClaimRequest): string {
  return `${group}@${topic}@${queueId}`;
}

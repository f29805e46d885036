/**
 * Progress of groups, kept where a broker keeps it: RocketMQ's `ConsumerOffsetManager`.
 *
 * @module
 */
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets, GroupOffset } from "../broker/mod.ts";
import { groupBusy, queueName } from "../errors.ts";
import type { StoreFiles } from "./store_files.ts";
import type { ClaimRequest, HeldClaim } from "../port.ts";
import type { GroupPlace } from "../types.ts";
import { Housekeeper } from "./housekeeper.ts";
import { pendingDuty } from "./log_duties.ts";
import { type MetaParts, writeMeta } from "./write_meta.ts";

/** The groups of one store. */
export class GroupTable {
  readonly #offsets: ConsumerOffsets;
  readonly #parts: MetaParts;
  readonly #housekeeper: Housekeeper;
  readonly #processId: number;
  readonly #claimed = new Set<string>();

  /** Takes over the progress that was read; it is written every `groupIntervalMs` while it changes. */
  constructor(offsets: ConsumerOffsets, files: StoreFiles, parts: MetaParts) {
    const { environment, directory, options } = files;
    this.#offsets = offsets;
    this.#parts = parts;
    this.#processId = environment.libc.processId();
    // By its own time, and also after the log has failed.
    this.#housekeeper = new Housekeeper({
      environment,
      intervalMs: options.tuning.groupIntervalMs,
      note: directory.trust.note,
      subject: "Group progress is",
    }, [pendingDuty(() => offsets.isDirty, () => this.write())]);
  }

  /** Progress of all groups. */
  all(): GroupOffset[] {
    return this.#offsets.all();
  }

  /** Id of the process that reads a queue for a group, if it is this one. */
  claimant(claim: ClaimRequest): number | undefined {
    return this.#claimed.has(claimKey(claim)) ? this.#processId : undefined;
  }

  /** Whether the progress of all groups is known: nothing that may say of one was left unread. */
  get isWhole(): boolean {
    return this.#offsets.isWhole;
  }

  /** Takes the exclusive right to read a queue as a group. `GROUP_BUSY` if it is taken. */
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
      offset: this.#offsets.get(group, topic, queueId),
      done: (offset) => {
        checkCall(CLAIM_DOORS.done, offset);
        if (isHeld) this.#set(group, { topic, queueId, offset });
      },
      release,
      [Symbol.asyncDispose]: () => Promise.resolve(release()),
    };
  }

  /** Sets a group's progress, durably. `GROUP_BUSY` while the group reads the queue. */
  async move(group: string, to: GroupPlace): Promise<void> {
    if (this.#claimed.has(claimKey({ group, ...to }))) {
      throw groupBusy(group, queueName(to.topic, to.queueId));
    }
    this.#set(group, to);
    await this.write();
  }

  /** Writes what is not written yet, also what comes while an earlier write is under way. What cannot be written is tried again by time. */
  async write(): Promise<void> {
    try {
      await this.#offsets.write();
      await this.#rememberFiles();
    } catch (error) {
      this.#housekeeper.wake();
      throw error;
    }
  }

  /** Stops writing by time, after a write that is under way. */
  async stop(): Promise<void> {
    await this.#housekeeper.stop();
  }

  /** From its first group on, a file that is gone is missed. */
  async #rememberFiles(): Promise<void> {
    const { meta, failure } = this.#parts;
    const { told } = this.#offsets;
    const known = meta.current!;
    const hasOffsets = told.hasOffsets || known.hasOffsets === true;
    const hasLmqOffsets = told.hasLmqOffsets || known.hasLmqOffsets === true;
    const isKnown = hasOffsets === known.hasOffsets && hasLmqOffsets === known.hasLmqOffsets;
    if (isKnown || failure.error !== undefined) return;
    await writeMeta(this.#parts, { hasOffsets, hasLmqOffsets });
  }

  #set(group: string, { topic, queueId, offset }: GroupPlace): void {
    this.#offsets.set(group, topic, queueId, offset);
    this.#housekeeper.wake();
  }
}

function claimKey({ group, topic, queueId }: ClaimRequest): string {
  return `${group}@${topic}@${queueId}`;
}

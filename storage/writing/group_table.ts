/**
 * Progress of groups, kept where a broker keeps it: RocketMQ's `ConsumerOffsetManager`.
 *
 * @module
 */
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets } from "../config/mod.ts";
import { groupBusy, queueName } from "../errors.ts";
import type { StoreFiles } from "../opening/mod.ts";
import type { GroupClaim, GroupInfo } from "../types.ts";
import { Housekeeper } from "./housekeeper.ts";
import { pendingDuty } from "./log_duties.ts";
import { type MetaParts, writeMeta } from "./write_meta.ts";

/** The groups of one store. */
export class GroupTable {
  readonly #offsets: ConsumerOffsets;
  readonly #parts: MetaParts;
  readonly #housekeeper: Housekeeper;
  readonly #leased = new Set<string>();

  /** Takes over the progress that was read; it is written every `groupIntervalMs` while it changes. */
  constructor(offsets: ConsumerOffsets, files: StoreFiles, parts: MetaParts) {
    const { environment, directory, options } = files;
    this.#offsets = offsets;
    this.#parts = parts;
    // By its own time, and also after the log has failed.
    this.#housekeeper = new Housekeeper({
      environment,
      intervalMs: options.groupIntervalMs,
      note: directory.trust.note,
      subject: "Group progress is",
    }, [pendingDuty(() => offsets.isDirty, () => this.write())]);
  }

  /** Progress of all groups. */
  all(): GroupInfo[] {
    return this.#offsets.all();
  }

  /** Whether the progress of all groups is known: nothing that may say of one was left unread. */
  get isWhole(): boolean {
    return this.#offsets.isWhole;
  }

  /**
   * Takes the exclusive right to read a queue as a group.
   *
   * @throws {StoreError<"GROUP_BUSY">} If it is taken.
   */
  acquire(group: string, topic: string, queueId: number): GroupClaim {
    const key = leaseKey(group, topic, queueId);
    if (this.#leased.has(key)) throw groupBusy(group, queueName(topic, queueId));
    this.#leased.add(key);
    let isHeld = true;
    return {
      offset: this.#offsets.get(group, topic, queueId),
      done: (offset) => {
        checkCall(CLAIM_DOORS.done, offset);
        if (isHeld) this.#set(group, topic, queueId, offset);
      },
      release: () => {
        if (isHeld) this.#leased.delete(key);
        isHeld = false;
      },
    };
  }

  /**
   * Sets a group's progress.
   *
   * @throws {StoreError<"GROUP_BUSY">} While the group reads the queue.
   */
  reset(group: string, topic: string, queueId: number, offset: number): void {
    if (this.#leased.has(leaseKey(group, topic, queueId))) {
      throw groupBusy(group, queueName(topic, queueId));
    }
    this.#set(group, topic, queueId, offset);
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

  #set(group: string, topic: string, queueId: number, offset: number): void {
    this.#offsets.set(group, topic, queueId, offset);
    this.#housekeeper.wake();
  }
}

function leaseKey(group: string, topic: string, queueId: number): string {
  return `${group}@${topic}@${queueId}`;
}

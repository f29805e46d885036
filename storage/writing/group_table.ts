/**
 * Progress of groups, kept where a broker keeps it: RocketMQ's `ConsumerOffsetManager`.
 *
 * @module
 */
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets } from "../config/mod.ts";
import type { TimerHandle, Timers } from "../environment.ts";
import { GroupBusyError, queueName } from "../errors.ts";
import type { GroupClaim, GroupInfo } from "../types.ts";

/** The groups of one store. */
export class GroupTable {
  readonly #offsets: ConsumerOffsets;
  readonly #timers: Timers;
  readonly #intervalMs: number;
  readonly #note: (text: string) => void;
  readonly #onWritten: (told: ConsumerOffsets["told"]) => Promise<void>;
  readonly #leased = new Set<string>();
  #timer: TimerHandle | undefined;
  #isStopped = false;

  /**
   * Makes the table.
   *
   * @param offsets The file.
   * @param timers When to write it.
   * @param options How often to write, ms, where to tell of a write that failed, and whom to tell which files tell of groups by now.
   */
  constructor(
    offsets: ConsumerOffsets,
    timers: Timers,
    options: {
      readonly intervalMs: number;
      readonly note: (text: string) => void;
      readonly onWritten: (told: ConsumerOffsets["told"]) => Promise<void>;
    },
  ) {
    this.#offsets = offsets;
    this.#timers = timers;
    this.#intervalMs = options.intervalMs;
    this.#note = options.note;
    this.#onWritten = options.onWritten;
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
   * Lowest offset that any group still has to read of a queue.
   *
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @returns The offset; `Infinity` if no group reads it.
   */
  lowest(topic: string, queueId: number): number {
    let lowest = Infinity;
    for (const one of this.#offsets.all()) {
      if (one.topic === topic && one.queueId === queueId) lowest = Math.min(lowest, one.offset);
    }
    return lowest;
  }

  /**
   * Takes the exclusive right to read a queue as a group.
   *
   * @param group Name of the group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @returns The right.
   * @throws {GroupBusyError} If it is taken.
   */
  acquire(group: string, topic: string, queueId: number): GroupClaim {
    const key = leaseKey(group, topic, queueId);
    if (this.#leased.has(key)) throw new GroupBusyError(group, queueName(topic, queueId));
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
   * @param group Name of the group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @param offset Offset that it reads next.
   * @throws {GroupBusyError} While the group reads the queue.
   */
  reset(group: string, topic: string, queueId: number, offset: number): void {
    if (this.#leased.has(leaseKey(group, topic, queueId))) {
      throw new GroupBusyError(group, queueName(topic, queueId));
    }
    this.#set(group, topic, queueId, offset);
  }

  /** Writes what is not written yet, also what comes while an earlier write is under way. What cannot be written is tried again by time. */
  async write(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    try {
      await this.#offsets.write();
      await this.#onWritten(this.#offsets.told);
    } catch (error) {
      this.#writeLater();
      throw error;
    }
  }

  /** Stops writing by time. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #set(group: string, topic: string, queueId: number, offset: number): void {
    this.#offsets.set(group, topic, queueId, offset);
    this.#writeLater();
  }

  #writeLater(): void {
    if (this.#isStopped) return;
    this.#timer ??= this.#timers.after(this.#intervalMs, () => {
      this.#timer = undefined;
      this.write().catch((error) => {
        this.#note(`Group progress is behind: ${(error as Error).message}`);
      });
    });
  }
}

function leaseKey(group: string, topic: string, queueId: number): string {
  return `${group}@${topic}@${queueId}`;
}

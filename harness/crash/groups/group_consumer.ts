/**
 * What reads as a group until it is killed or told to leave, and writes down what it does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pid } from "node:process";
import { source } from "../../../adapters/web/mod.ts";
import { innerPortOf, type Store, type StoredMessage, StoreError } from "../../../storage/mod.ts";
import { printLine } from "../../support/print_line.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { Journal } from "../journal.ts";
import { checkFound, READ_QUEUE_COUNT, READ_TOPIC } from "../sent.ts";
import { NOBODY } from "./judge.ts";

/** What a consumer is told. */
export interface ConsumerTask {
  /** Group that it reads as. */
  readonly group: string;
  /** Path of the group's journal. */
  readonly journal: string;
  /** Name of its life. */
  readonly life: string;
  /** Seed of its pauses. */
  readonly seed: number;
}

/** How often progress is written, ms. */
export const GROUP_INTERVAL_MS = 50;

const RETRY_MS = 20;
const COMMIT_MS = 30;
const PAUSE_MS = 3;
/** So many messages are worth a line on standard output. */
const SOME_COUNT = 10;

/**
 * One life of a reader of a group. It prints `reading` when it has the group, `some` after some
 * messages, and `left` when it has given the group back, or was told to leave before it had it.
 */
export class GroupConsumer {
  readonly #store: Store;
  readonly #task: ConsumerTask;
  readonly #journal: Journal;
  readonly #random: SeededRandom;
  readonly #leaving = new AbortController();
  /** Offset that is handled next, queue by queue. */
  #next: number[] = [];
  #isToldToLeave = false;
  #ends: readonly number[] | undefined;
  #isWaiting = false;
  #handledCount = 0;

  /** Does nothing yet. */
  constructor(store: Store, task: ConsumerTask) {
    this.#store = store;
    this.#task = task;
    this.#journal = new Journal(task.journal);
    this.#random = seededRandom(task.seed);
    this.#note("open", pid);
  }

  /** Takes an order: `leave`, or `until <offset>...` to leave when all before that is done. */
  told(order: string): void {
    const [word, ...offsets] = order.split(" ");
    if (word === "leave") this.#isToldToLeave = true;
    else if (word === "until") this.#ends = offsets.map(Number);
    this.#leaveIfDone();
  }

  /** Reads until it leaves. */
  async run(): Promise<void> {
    const messages = await this.#claim();
    if (messages !== undefined) {
      this.#next = this.#progress();
      this.#note("start", ...this.#next);
      printLine("reading");
      // Together: the first failure is the one to tell.
      await Promise.all([this.#handleAll(messages), this.#commitAgainAndAgain()]);
      this.#note("left");
    }
    printLine("left");
    this.#journal[Symbol.dispose]();
  }

  #note(word: string, ...rest: readonly (number | string)[]): void {
    this.#journal.append(word, this.#task.life, ...rest);
  }

  async #claim(): Promise<ReturnType<typeof source> | undefined> {
    const { group } = this.#task;
    const { signal } = this.#leaving;
    while (!this.#isToldToLeave) {
      this.#note("trying");
      try {
        return source(this.#store, READ_TOPIC, { group, signal });
      } catch (error) {
        if (!StoreError.is(error, "GROUP_BUSY")) throw error;
        assert.equal(error.reason, "other-process");
        this.#note("busy", error.processId ?? NOBODY);
      }
      await pause(this.#random.next(RETRY_MS));
    }
    return undefined;
  }

  #progress(): number[] {
    const rows = this.#store.groups().filter(({ group }) => group === this.#task.group);
    return Array.from({ length: READ_QUEUE_COUNT }, (_, queueId) => {
      const row = rows.find((one) => one.topic === READ_TOPIC && one.queueId === queueId);
      return row?.offset ?? 0;
    });
  }

  async #handleAll(messages: ReturnType<typeof source>): Promise<void> {
    const { signal } = this.#leaving;
    try {
      this.#isWaiting = true;
      this.#leaveIfDone();
      for await (const message of messages) {
        // It was on its way when this was told to leave.
        if (signal.aborted) break;
        this.#isWaiting = false;
        await this.#handle(message);
        messages.done(message);
        this.#next[message.queueId]++;
        this.#isWaiting = true;
        this.#leaveIfDone();
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    }
  }

  async #handle(message: StoredMessage): Promise<void> {
    const { queueId, offset } = message;
    checkFound(this.#store, message, { queue: queueId, offset }, "flushed");
    this.#note("handled", queueId, offset);
    if (++this.#handledCount % SOME_COUNT === 0) printLine("some");
    if (this.#random.chance(SOME_COUNT)) await pause(this.#random.next(PAUSE_MS));
  }

  /** What is written down was written: whoever comes after this process begins no earlier. */
  async #commitAgainAndAgain(): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      const told = [...this.#next];
      await innerPortOf(this.#store).writeGroups();
      this.#note("commit", ...told);
      await pause(this.#random.next(COMMIT_MS));
    }
  }

  /** Not while a message is handled: it is done first. */
  #leaveIfDone(): void {
    if (!this.#isWaiting || this.#leaving.signal.aborted) return;
    const isAtEnd = this.#ends?.every((end, queue) => this.#next[queue] >= end) ?? false;
    if (!this.#isToldToLeave && !isAtEnd) return;
    // Before the group is given back: the next process may begin at once.
    this.#note("leaving");
    this.#leaving.abort();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Who takes part: a writer, and processes that read as groups, each a child that lives again and
 * again.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "../../support/random.ts";
import { readJournal } from "../journal.ts";
import { READ_QUEUE_COUNT } from "../sent.ts";
import type { ConsumingTask } from "./consuming_child.ts";
import type { FeedingTask } from "./feeding_child.ts";
import type { ConsumerTask } from "./group_consumer.ts";
import type { GroupFault } from "./group_faults.ts";
import { GroupJudge, type GroupTotals } from "./judge.ts";
import { Life, News } from "./life.ts";

/** What is to take part. */
export interface CastPlan {
  /** Directory of the store; journals are beside it. */
  readonly path: string;
  /** Groups. Two processes take turns with the first; the writer may be a third. */
  readonly names: readonly string[];
  /** Chooses. */
  readonly random: SeededRandom;
  /** A fault planted under the processes; none when left out. */
  readonly fault?: GroupFault;
}

/** A group, and what was read of its journal. */
export class GroupState {
  readonly name: string;
  readonly journal: string;
  readonly #judge: GroupJudge;
  #lineCount = 0;

  /** Its journal need not exist yet. */
  constructor(name: string, journal: string) {
    this.name = name;
    this.journal = journal;
    this.#judge = new GroupJudge(name, READ_QUEUE_COUNT);
  }

  /**
   * Judges what was written since the last call.
   *
   * @param told What the store's file of progress said before.
   */
  look(told: readonly number[]): void {
    const lines = existsSync(this.journal) ? readJournal(this.journal) : [];
    try {
      for (; this.#lineCount < lines.length; this.#lineCount++) {
        this.#judge.take(lines[this.#lineCount]);
      }
      this.#judge.told(told);
    } catch (error) {
      this.#lineCount++;
      this.fail((error as Error).message);
    }
  }

  /** Judges all of it, when every queue ends and nobody reads any more. */
  end(ends: readonly number[]): GroupTotals {
    this.look(ends);
    this.#judge.end(ends);
    return this.#judge.totals;
  }

  /** Throws with what was judged last. */
  fail(message: string): never {
    const lines = readJournal(this.journal).slice(0, this.#lineCount);
    throw new Error([message, ...lines.slice(-SHOWN_LINE_COUNT)].join("\n"));
  }
}

/** A part, and who plays it now. */
interface Part {
  /** Group that it reads as; of the writer only if it reads, too. */
  readonly group: GroupState | undefined;
  life: Life;
}

const WRITER = "writer";
/** Lines before one that is not as promised, for whoever wants to know how it came to that. */
const SHOWN_LINE_COUNT = 40;

/** Everybody, by name: `writer`, and `GROUP-1` and so on. */
export class Cast implements AsyncDisposable {
  readonly groups: readonly GroupState[];
  readonly #plan: CastPlan;
  readonly #news = new News();
  readonly #parts = new Map<string, Part>();
  #lifeCount = 0;

  /** Starts everybody. */
  constructor(plan: CastPlan) {
    this.#plan = plan;
    this.groups = plan.names.map((name) => new GroupState(name, `${plan.path}-${name}.journal`));
    const [shared] = this.groups;
    this.#join(WRITER, plan.random.chance(2) ? shared : undefined);
    this.#join(`${shared.name}-2`, shared);
    for (const group of this.groups) this.#join(`${group.name}-1`, group);
  }

  /** The life of the writer. */
  get writer(): Life {
    return this.#parts.get(WRITER)!.life;
  }

  /** Names of all that only read. */
  get consumers(): string[] {
    return [...this.#parts.keys()].filter((name) => name !== WRITER);
  }

  /** Waits until the store is open everywhere and each group has printed `some` so often. */
  async untilAllRead(someCount: number): Promise<void> {
    await this.#news.until("all processes read", () => {
      const parts = [...this.#parts.values()];
      if (parts.some(({ life }) => life.count("open") === 0)) return false;
      return this.groups.every((group) => {
        const lives = parts.filter((part) => part.group === group).map(({ life }) => life);
        return lives.reduce((sum, life) => sum + life.count("some"), 0) >= someCount;
      });
    });
  }

  /** Lets one that only reads give its group back and end, and starts it again. */
  async leave(name: string): Promise<void> {
    const part = this.#parts.get(name)!;
    part.life.say("leave");
    await part.life.answer("left");
    await part.life.finish();
    part.life = this.#begin(name, part.group);
  }

  /** Kills one. */
  kill(name: string): void {
    this.#parts.get(name)!.life.kill();
  }

  /** Starts one again that was killed. */
  async startAgain(name: string): Promise<void> {
    const part = this.#parts.get(name)!;
    await part.life.bury();
    part.life = this.#begin(name, part.group);
  }

  /** Lets all groups read up to an end, and all but the writer end. */
  async readTo(ends: readonly number[]): Promise<void> {
    const readers = [...this.#parts].filter(([, { group }]) => group !== undefined);
    for (const [, { life }] of readers) life.say(`until ${ends.join(" ")}`);
    for (const [name, { life }] of readers) {
      await life.answer("left");
      if (name !== WRITER) await life.finish();
    }
  }

  /** Kills whoever is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { life } of this.#parts.values()) await life[Symbol.asyncDispose]();
  }

  #join(name: string, group: GroupState | undefined): void {
    this.#parts.set(name, { group, life: this.#begin(name, group) });
  }

  #begin(name: string, group: GroupState | undefined): Life {
    const { path, random, fault } = this.#plan;
    const life = `${name}.${++this.#lifeCount}`;
    const seed = random.next(2 ** 31);
    const consumer: ConsumerTask | undefined = group &&
      { group: group.name, journal: group.journal, life, seed };
    const task: FeedingTask | Partial<ConsumingTask> = { path, seed, consumer, fault };
    const script = name === WRITER ? "feeding_child.ts" : "consuming_child.ts";
    return new Life({
      name: life,
      script: join("harness/crash/groups", script),
      task,
      journal: group?.journal,
      news: this.#news,
    });
  }
}

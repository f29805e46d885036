/**
 * Judges from a group's journal whether its processes have kept what is promised: nothing skipped,
 * nothing repeated that was written as done, and never two at once.
 *
 * Lines of the journal:
 *
 * | line                       | says                                                           |
 * | -------------------------- | -------------------------------------------------------------- |
 * | `open LIFE PROCESS`        | the life has begun, in this process                            |
 * | `trying LIFE`              | it is about to claim the group                                 |
 * | `busy LIFE PROCESS`        | it was refused: that process has the group                     |
 * | `start LIFE OFFSET...`     | it has the group, which goes on there, queue by queue          |
 * | `handled LIFE QUEUE OFFSET`| a message was handled, and is not done yet                     |
 * | `commit LIFE OFFSET...`    | progress up to there was written                               |
 * | `leaving LIFE`             | it is about to give the group back, and has done all it handled |
 * | `left LIFE`                | it has given the group back                                    |
 * | `dead LIFE`                | its process is gone; written by whoever waited for that        |
 *
 * @module
 */
import assert from "node:assert/strict";

/** What a group did. */
export interface GroupTotals {
  /** Messages that were handled, each time counted. */
  readonly handledCount: number;
  /** How many of them had been handled before. */
  readonly repeatedCount: number;
  /** How often the group was claimed. */
  readonly claimCount: number;
  /** How often a claim was refused because another process had the group. */
  readonly refusedCount: number;
  /** How often the group was given back in order. */
  readonly leftCount: number;
}

/** What is told instead of a process if none is known. */
export const NOBODY = "unknown";

/** One life of a process of the group. */
interface Life {
  readonly name: string;
  readonly processId: string;
  isTrying: boolean;
  /** Who had the group when it began to try. */
  holderBefore: Life | undefined;
  /** Whether somebody else was trying then. */
  hadRivals: boolean;
  /** Whether somebody was told that its process, which had the group, is about to end. */
  isSaidGone: boolean;
  /** Where it was when it gave the group back. */
  leftAt: readonly number[] | undefined;
  /** Where the group went on after it. */
  successorAt: readonly number[] | undefined;
}

/** Takes the lines of one journal in turn. Each method throws what is not as promised. */
export class GroupJudge {
  readonly #group: string;
  readonly #lives = new Map<string, Life>();
  readonly #totals = {
    handledCount: 0,
    repeatedCount: 0,
    claimCount: 0,
    refusedCount: 0,
    leftCount: 0,
  };
  /** Offset after the last message that was ever handled, queue by queue. */
  readonly #reached: number[];
  /** Greatest progress that was ever written. */
  readonly #committed: number[];
  /** Offset that the holder handles next. */
  #next: number[];
  #holder: Life | undefined;
  /** Where the next holder must go on, if the last one has left in order. */
  #handedOver: readonly number[] | undefined;

  /** Begins before the first message of each queue. */
  constructor(group: string, queueCount: number) {
    this.#group = group;
    this.#reached = Array.from({ length: queueCount }, () => 0);
    this.#committed = [...this.#reached];
    this.#next = [...this.#reached];
  }

  /** What was seen so far. */
  get totals(): GroupTotals {
    return this.#totals;
  }

  /** Takes the next line. */
  take(line: string): void {
    const [word, name, ...rest] = line.split(" ");
    if (word === "open") return this.#open(name, rest[0]);
    const life = this.#lives.get(name);
    // Killed before it could write anything.
    if (word === "dead" && life === undefined) return;
    assert.ok(life !== undefined, `Life ${name} of ${this.#group} has begun before "${line}"`);
    const numbers = rest.map(Number);
    if (word === "trying") this.#try(life);
    else if (word === "busy") this.#refuse(life, rest[0]);
    else if (word === "start") this.#start(life, numbers);
    else if (word === "handled") this.#handle(life, numbers);
    else if (word === "commit") this.#commit(numbers);
    else if (word === "leaving") life.leftAt = [...this.#next];
    else if (word === "left") this.#leave(life);
    else if (word === "dead") this.#bury(life);
    else assert.fail(`Cannot judge "${line}"`);
  }

  /** So far is the group for a broker that opens the store; the lines before that were taken. */
  told(offsets: readonly number[]): void {
    for (const [queue, offset] of offsets.entries()) {
      const reached = this.#reached[queue];
      const message = `Group ${this.#group} is at ${offset} of queue ${queue} for a broker, though`;
      assert.ok(offset <= reached, `${message} it has handled only what is before ${reached}`);
    }
  }

  /** All queues end here, and everything was to be handled. */
  end(ends: readonly number[]): void {
    assert.deepEqual(this.#reached, ends, `Group ${this.#group} has handled everything`);
  }

  #open(name: string, processId: string): void {
    this.#lives.set(name, {
      name,
      processId,
      isTrying: false,
      holderBefore: undefined,
      hadRivals: false,
      isSaidGone: false,
      leftAt: undefined,
      successorAt: undefined,
    });
  }

  #try(life: Life): void {
    life.isTrying = true;
    life.holderBefore = this.#holder;
    life.hadRivals = this.#hasRivals(life);
  }

  /**
   * Only one that has the group, or is about to take it, may stand in the way. A claim is taken
   * before its holder's name is written, so among several that try at once a wrong one may be told,
   * and a process that is being killed has it to its end but is not named any more.
   */
  #refuse(life: Life, processId: string): void {
    const { holderBefore, hadRivals } = life;
    life.isTrying = false;
    this.#totals.refusedCount++;
    const isTold = [holderBefore, this.#holder].some((one) => one?.processId === processId);
    if (isTold || hadRivals || this.#hasRivals(life)) return;
    const told = `Group ${this.#group} was refused to life ${life.name} because of process ` +
      `${processId}, which does not have it`;
    assert.ok(processId === NOBODY && holderBefore !== undefined, told);
    holderBefore.isSaidGone = true;
  }

  #hasRivals(life: Life): boolean {
    return this.#lives.values().some((other) => other !== life && other.isTrying);
  }

  #start(life: Life, offsets: number[]): void {
    for (const [queue, offset] of offsets.entries()) {
      const where = `Group ${this.#group} goes on at ${offset} of queue ${queue}, though`;
      const committed = this.#committed[queue];
      const reached = this.#reached[queue];
      assert.ok(offset >= committed, `${where} ${committed} was written as its progress`);
      assert.ok(offset <= reached, `${where} it has handled only what is before ${reached}`);
    }
    const message = `Group ${this.#group} goes on where the last process left it`;
    if (this.#handedOver !== undefined) assert.deepEqual(offsets, this.#handedOver, message);
    this.#handedOver = undefined;
    if (this.#holder !== undefined) this.#holder.successorAt = offsets;
    this.#holder = life;
    this.#next = [...offsets];
    life.isTrying = false;
    this.#totals.claimCount++;
  }

  #handle(life: Life, [queue, offset]: readonly number[]): void {
    const { name } = this.#holder ?? { name: "none" };
    const twice = `Group ${this.#group} is read by two at once: by life ${life.name} after ` +
      `life ${name} has claimed it`;
    assert.ok(this.#holder === life, twice);
    assert.ok(!life.isSaidGone, `Life ${life.name}, which handles a message, was said to be gone`);
    const expected = this.#next[queue];
    const order =
      `Group ${this.#group} handles what follows, message by message, of queue ${queue}`;
    assert.equal(offset, expected, order);
    this.#totals.handledCount++;
    if (offset < this.#reached[queue]) this.#totals.repeatedCount++;
    this.#next[queue] = offset + 1;
    this.#reached[queue] = Math.max(this.#reached[queue], offset + 1);
  }

  #commit(offsets: readonly number[]): void {
    for (const [queue, offset] of offsets.entries()) {
      const message = `Group ${this.#group} writes as progress only what it has handled`;
      assert.ok(offset <= this.#reached[queue], message);
      this.#committed[queue] = Math.max(this.#committed[queue], offset);
    }
  }

  /** The next one may have begun before this was written. */
  #leave(life: Life): void {
    const message = `Group ${this.#group} goes on where life ${life.name} left it`;
    if (life.successorAt === undefined) this.#handedOver = life.leftAt;
    else assert.deepEqual(life.successorAt, life.leftAt, message);
    this.#totals.leftCount++;
    if (this.#holder === life) this.#holder = undefined;
  }

  #bury(life: Life): void {
    life.isTrying = false;
    if (this.#holder === life) this.#holder = undefined;
  }
}

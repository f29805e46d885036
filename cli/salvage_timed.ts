/**
 * Messages with an exact time of a damaged log: those that still wait are appended anew, to wait
 * for the same time.
 *
 * @module
 */
import { TimerCheckpoint } from "../storage/broker/mod.ts";
import type { StoreDirectory } from "../storage/directory/mod.ts";
import {
  isTimedDone,
  TIMED_AHEAD_MS_MAX,
  TIMED_START,
  type TimedPart,
  type TimedState,
} from "../storage/layout/mod.ts";
import type { Environment, Message } from "../storage/mod.ts";

/** A message that waited for its time. */
export interface Timed {
  readonly kind: "timed";
  readonly offset: number;
  readonly part: TimedPart;
  /** With the place that it goes to. */
  readonly message: Message;
}

/** The messages with an exact time of one log, in the order of the log. */
export class SalvagedTimes {
  /** How many were delivered before, or taken back. */
  deliveredCount = 0;
  /** What was done by the last record of the log that told. */
  #learned = TIMED_START;
  /** What a broker's file says, which counts where the log says less. */
  readonly #checkpoint: TimerCheckpoint;
  readonly #isLost: (message: Message) => boolean;
  #waiting: Timed[] = [];

  /** `isLost`: whether the copy of a message was left out with its batch. */
  constructor(
    environment: Environment,
    directory: StoreDirectory,
    isLost: (message: Message) => boolean,
  ) {
    this.#checkpoint = new TimerCheckpoint(directory, environment);
    this.#isLost = isLost;
  }

  /** Adds one, in the place of that which RocketMQ has stored again with it. */
  wait(timed: Timed): void {
    if (timed.part.rolls > 0) {
      const at = this.#waiting.findLastIndex((other) => isRolled(other, timed));
      if (at >= 0) this.#waiting.splice(at, 1);
    }
    this.#waiting.push(timed);
  }

  /** Takes what was delivered. Where copies of it are lost, what it took from here waits again. */
  learn(state: TimedState, isWhole: boolean): void {
    const before = this.#waiting.length;
    if (isWhole) {
      this.#waiting = this.#waiting.filter((timed) =>
        isDone(this.#learned, timed) || !isDone(state, timed) || this.#isLost(timed.message)
      );
    }
    this.deliveredCount += before - this.#waiting.length;
    this.#learned = state;
  }

  /** The messages that still wait. */
  rest(now: number): Message[] {
    const { broker } = this.#checkpoint;
    const waiting = this.#waiting.filter((timed) => {
      // What the log itself says was delivered, and is still here, has lost its copy.
      if (isDone(this.#learned, timed)) return true;
      return broker === undefined || timed.offset >= broker.end ||
        timed.part.time > broker.time || this.#isLost(timed.message);
    });
    const cancelling = waiting.filter(({ part }) => part.cancels !== undefined);
    const rest = waiting.filter((timed) =>
      timed.part.cancels === undefined && !cancelling.some((other) => takesBack(other, timed))
    );
    this.deliveredCount += this.#waiting.length - rest.length;
    this.#waiting = [];
    return rest.map(({ message, part }) => {
      return { ...message, deliverAt: Math.min(part.time, now + TIMED_AHEAD_MS_MAX) };
    });
  }
}

function isDone(state: TimedState, { part, offset }: Timed): boolean {
  return isTimedDone(state, part.time, offset);
}

function isRolled({ part, message }: Timed, later: Timed): boolean {
  return part.slot === later.part.slot && part.rolls === later.part.rolls - 1 &&
    part.keys.join() === later.part.keys.join() &&
    JSON.stringify({ ...message, body: String(message.body) }) ===
      JSON.stringify({ ...later.message, body: String(later.message.body) });
}

function takesBack({ part }: Timed, other: Timed): boolean {
  return part.cancels !== undefined && part.slot === other.part.slot &&
    other.part.keys.includes(part.cancels);
}

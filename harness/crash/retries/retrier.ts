/**
 * What consumes as a group, fails as often as messages say, and writes down what it does.
 *
 * @module
 */
import { consume, type ConsumeResult } from "../../../adapters/consume/mod.ts";
import type { Store, StoredMessage } from "../../../storage/mod.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { Journal } from "../journal.ts";
import { checkFound, formatPlace, READ_TOPIC, type SentPlace, sentPlace } from "../sent.ts";
import { failureOf, failuresOf, RETRY_LIMIT, type RetryPlan } from "./retry_judge.ts";

/**
 * What goes wrong: `"forgets"` does not know what lives before it have sent back; `"swallows"`
 * takes a try that failed for one that ended well.
 */
export type RetryFault = "forgets" | "swallows";

/** What a consumer is told. */
export interface RetrierTask extends RetryPlan {
  /** Path of the journal. */
  readonly journal: string;
  /** Name of its life. */
  readonly life: string;
  /** Seed of its pauses. */
  readonly seed: number;
  /** How long a message waits after its first failed try, its second, and so on, ms. */
  readonly delaysMs: readonly number[];
  /** What goes wrong; nothing when left out. */
  readonly fault?: RetryFault;
}

/** The group that consumes. */
export const RETRY_GROUP = "mail";

const PAUSE_MS = 4;
const SOME_COUNT = 10;

/** What a consumer works with beside the store that it reads. */
export interface RetrierParts {
  /** Store that takes copies. */
  readonly into: Store;
  /** Called after every ten tries. */
  readonly onSome?: () => void;
}

/** One life of a consumer. */
export class Retrier implements Disposable {
  readonly #store: Store;
  readonly #into: Store;
  readonly #task: RetrierTask;
  readonly #onSome: (() => void) | undefined;
  readonly #journal: Journal;
  readonly #random: SeededRandom;
  #tryCount = 0;

  /** Consumes nothing yet. */
  constructor(store: Store, task: RetrierTask, { into, onSome }: RetrierParts) {
    this.#store = store;
    this.#into = task.fault === "forgets" ? forgetful(into) : into;
    this.#task = task;
    this.#onSome = onSome;
    this.#journal = new Journal(task.journal);
    this.#random = seededRandom(task.seed);
    this.#journal.append("open", task.life);
  }

  /** Consumes: what is there now, or until the process ends. */
  run(follow: boolean): Promise<ConsumeResult> {
    const { order, concurrency, delaysMs } = this.#task;
    return consume(this.#store, READ_TOPIC, {
      group: RETRY_GROUP,
      concurrency,
      order,
      retry: { limit: RETRY_LIMIT, delayMs: (attempt) => delaysMs[attempt - 1] },
      handle: (message, { attempt }) => this.#handle(message, attempt),
      into: this.#into,
      follow,
    });
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  async #handle(message: StoredMessage, attempt: number): Promise<void> {
    const place = this.#placeOf(message, attempt);
    this.#note("begin", place, attempt);
    if (this.#random.chance(3)) await pause(this.#random.next(PAUSE_MS));
    const isFailing = attempt <= failuresOf(place);
    this.#note(isFailing ? "fail" : "done", place, attempt);
    if (++this.#tryCount % SOME_COUNT === 0) this.#onSome?.();
    if (isFailing && this.#task.fault !== "swallows") throw new Error(failureOf(place, attempt));
  }

  /** What is wrong is told to the judge: thrown alone, it would be one more failure of a try. */
  #placeOf(message: StoredMessage, attempt: number): SentPlace {
    const { queueId, offset } = message;
    try {
      if (attempt > 1) return sentPlace(message.text());
      const place = { queue: queueId, offset };
      checkFound(this.#store, message, place, "flushed");
      return place;
    } catch (error) {
      this.#journal.append("wrong", this.#task.life, `${queueId}:${offset}`, attempt);
      throw error;
    }
  }

  #note(word: string, place: SentPlace, attempt: number): void {
    this.#journal.append(word, this.#task.life, formatPlace(place), attempt);
  }
}

function forgetful(store: Store): Store {
  return Object.assign(store, { async *find() {} });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

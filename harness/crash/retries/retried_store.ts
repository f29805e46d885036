/**
 * One store, or two, whose processes are killed while a group tries again what fails.
 *
 * In a plain store one process appends and consumes. In others one appends, and another one, which
 * reads with `readOnly`, consumes and puts copies into a store of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ConsumeResult } from "../../../adapters/consume/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { type ScriptChild, spawnScript } from "../../support/child.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { readJournal } from "../journal.ts";
import { checkAll, parsePlace, READ_QUEUE_COUNT, SENT_QUEUES } from "../sent.ts";
import type { StoreRound } from "../store_rounds.ts";
import { Retrier, type RetrierTask, RETRY_GROUP, type RetryFault } from "./retrier.ts";
import { type Copies, RetryJudge, type RetryPlan } from "./retry_judge.ts";
import type { RetryingTask } from "./retrying_child.ts";

/** How processes are killed. */
export interface RetriedStoreOptions {
  /** Where to make the stores; the system's temporary directory when left out. */
  readonly parent?: string;
  /** A fault planted in the consumers; none when left out. */
  readonly fault?: RetryFault;
  /** Called after each kill, in whatever store. */
  readonly onRound?: (done: number) => void;
}

/** What was seen, in all stores. */
export interface RetriesTotals {
  /** Kills of a process that consumed. */
  killCount: number;
  /** Kills before its store was open. */
  openingKillCount: number;
  /** Kills of a process that only appended, beside those. */
  feederKillCount: number;
  /** Messages that were acknowledged. */
  acknowledgedCount: number;
  /** Tries that ended, each time counted. */
  tryCount: number;
  /** How many of them an earlier life had ended. */
  repeatedCount: number;
  /** Copies in the end. */
  copyCount: number;
  /** Stores that another process wrote than consumed. */
  besideCount: number;
}

const CHILD = "harness/crash/retries/retrying_child.ts";
const OPENING_MS = 60;
const LIVING_MS = [50, 800];
/** Before the next one comes, so that what waits is due. */
const BETWEEN_MS = 1000;
/** Retries of one store all wait so long, the first and the second. */
const DELAYS_MS = [[0, 0], [0, 1000], [1000, 0], [1000, 1000]];
/** On a busy machine, when all is due. */
const DEADLINE_MS = 60_000;
const POLL_MS = 50;
const WAITING = "SCHEDULE_TOPIC_XXXX";

/** One store and what is known of it. */
export class RetriedStore implements AsyncDisposable {
  readonly #round: StoreRound;
  readonly #options: RetriedStoreOptions;
  readonly #totals: RetriesTotals;
  readonly #path: string;
  /** Where copies go: the store itself in a plain one. */
  readonly #intoPath: string;
  readonly #journal: string;
  readonly #plan: RetryPlan & Pick<RetrierTask, "delaysMs">;
  readonly #judge: RetryJudge;
  /** Offset after the last message that must be there, queue by queue. */
  readonly #expected: number[] = SENT_QUEUES.map(() => 0);
  #lineCount = 0;
  #feeder: ScriptChild | undefined;

  /** Makes nothing yet, in a directory that is empty. */
  constructor(
    path: string,
    parts: { round: StoreRound; options: RetriedStoreOptions; totals: RetriesTotals },
  ) {
    const { random, index } = parts.round;
    this.#round = parts.round;
    this.#options = parts.options;
    this.#totals = parts.totals;
    this.#path = join(path, "store");
    // Of a few stores, too, some are of either kind.
    this.#intoPath = index % 2 === 0 ? this.#path : join(path, "own");
    this.#journal = join(path, "journal");
    this.#plan = {
      order: random.pick(["queue", "key"]),
      concurrency: 2 + random.next(7),
      delaysMs: random.pick(DELAYS_MS),
    };
    this.#judge = new RetryJudge(this.#plan);
  }

  get #isPlain(): boolean {
    return this.#intoPath === this.#path;
  }

  /** Kills, then lets a last consumer do what is left, and judges. */
  async play(): Promise<void> {
    const { killCount, random, signal } = this.#round;
    if (!this.#isPlain) await this.#startFeeder();
    for (let life = 0; life < killCount; life++) {
      await this.#killOnce(life);
      await this.#look();
      this.#totals.killCount++;
      this.#options.onRound?.(this.#totals.killCount);
      if (signal.aborted) return;
      if (random.chance(2)) await pause(random.next(BETWEEN_MS));
    }
    await this.#killFeeder();
    await this.#finish();
    await this.#judgeEnd();
  }

  /** Kills what still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feeder?.[Symbol.asyncDispose]();
  }

  async #killOnce(life: number): Promise<void> {
    const { random } = this.#round;
    await using child = this.#spawn({
      ...this.#isPlain ? { seed: random.next(2 ** 31) } : { ownPath: this.#intoPath },
      retrier: this.#retrier(`${life}`),
    });
    await child.expectLine("opening");
    if (life > 0 && random.chance(5)) {
      await pause(random.next(OPENING_MS));
      this.#totals.openingKillCount++;
    } else {
      await child.expectLine("open");
      // On a busy machine the others might all die before they have handled anything.
      if (life === 0) await this.#untilSome(child);
      if (random.chance(3)) await this.#killFeeder();
      await pause(random.next(random.pick(LIVING_MS)));
    }
    await this.#kill(child);
    if (!this.#isPlain && this.#feeder === undefined) await this.#startFeeder();
  }

  async #untilSome(child: ScriptChild): Promise<void> {
    for await (const line of child) {
      this.#takeLine(line);
      if (line === "some") return;
    }
  }

  async #startFeeder(): Promise<void> {
    const feeder = this.#spawn({ seed: this.#round.random.next(2 ** 31) });
    this.#feeder = feeder;
    await feeder.expectLine("opening");
    await feeder.expectLine("open");
  }

  async #killFeeder(): Promise<void> {
    if (this.#feeder === undefined) return;
    await this.#kill(this.#feeder);
    this.#feeder = undefined;
    this.#totals.feederKillCount++;
  }

  async #kill(child: ScriptChild): Promise<void> {
    for (const line of await child.killed()) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    const [word, ...places] = line.split(" ");
    if (word !== "ack") return;
    for (const { queue, offset } of places.map(parsePlace)) {
      this.#expected[queue] = Math.max(this.#expected[queue], offset + 1);
      this.#totals.acknowledgedCount++;
    }
  }

  #spawn(task: Pick<RetryingTask, "ownPath" | "seed" | "retrier">): ScriptChild {
    const { random } = this.#round;
    const options: OpenStoreOptions = {
      writePath: random.pick(["staged", "mapped"] as const),
      durability: random.pick(["committed", "flushed"] as const),
      geometry: {
        segmentByteLength: random.pick([64, 256]) * 1024,
        queueEntryCount: 100,
        indexSlotCount: 50,
        indexEntryCount: 200,
      },
      tuning: {
        flushIntervalMs: random.pick([5, 200]),
        groupIntervalMs: random.pick([20, 5000]),
      },
    };
    return spawnScript(CHILD, [JSON.stringify({ path: this.#path, options, ...task })]);
  }

  #retrier(life: string): RetrierTask {
    const { fault } = this.#options;
    return {
      ...this.#plan,
      journal: this.#journal,
      life,
      seed: this.#round.random.next(2 ** 31),
      ...fault === undefined ? {} : { fault },
    };
  }

  /** Nothing that was sent back is there twice, or gone. */
  async #look(): Promise<void> {
    this.#takeJournal();
    try {
      await using into = await openStore(this.#intoPath, { readOnly: true });
      this.#judge.look(await copiesIn(into));
    } catch (error) {
      // Killed before it made the directory's first file.
      const isEmpty = this.#judge.totals.copyCount === 0;
      if (!isEmpty || (error as { code?: string }).code !== "NOT_FOUND") throw error;
    }
  }

  #takeJournal(): void {
    // Killed before it could write anything.
    const lines = existsSync(this.#journal) ? readJournal(this.#journal) : [];
    for (const line of lines.slice(this.#lineCount)) this.#judge.take(line);
    this.#lineCount = lines.length;
  }

  /** The last consumer is not killed before nothing is left, and the one after it finds nothing. */
  async #finish(): Promise<void> {
    await using into = await openStore(this.#intoPath);
    await using store = this.#isPlain ? undefined : await this.#reader();
    const deadline = Date.now() + DEADLINE_MS;
    {
      using retrier = new Retrier(store ?? into, this.#retrier("last"), { into });
      while (!await this.#finishSome(retrier, into)) {
        assert.ok(Date.now() < deadline, `all is delivered: ${into.info.notes.join("; ")}`);
        await pause(POLL_MS);
      }
    }
    using retrier = new Retrier(store ?? into, this.#retrier("after"), { into });
    assert.equal(countOf(await retrier.run(false)), 0, "Nothing is left");
  }

  /** Consumes what is there; tells whether that was nothing, and nothing was to come. */
  async #finishSome(retrier: Retrier, into: Store): Promise<boolean> {
    const waitingCount = await this.#waitingCount(into);
    // What was delivered is shown once it is on the disk.
    await into.flush();
    return countOf(await retrier.run(false)) + waitingCount === 0;
  }

  /** All that was committed is on the disk, so that it is shown. */
  async #reader(): Promise<Store> {
    await using writer = await openStore(this.#path);
    await writer.close();
    return await openStore(this.#path, { readOnly: true });
  }

  /** Copies that wait for their next try to be due. */
  async #waitingCount(into: Store): Promise<number> {
    const queues = into.topics().find(({ topic }) => topic === WAITING)?.queues ?? [];
    const count = queues.reduce((sum, { endOffset }) => sum + endOffset, 0);
    const { retried } = await copiesIn(into);
    const { delaysMs } = this.#plan;
    const delivered = retried.filter(({ reconsumeTimes }) => delaysMs[reconsumeTimes - 1] > 0);
    return count - delivered.length;
  }

  async #judgeEnd(): Promise<void> {
    const totals = this.#totals;
    this.#takeJournal();
    {
      await using store = await openStore(this.#path, { readOnly: true });
      await using into = await openStore(this.#intoPath, { readOnly: true });
      const ends = await checkAll(store, this.#expected);
      this.#judge.look(await copiesIn(into));
      this.#judge.end(ends.slice(0, READ_QUEUE_COUNT));
    }
    for (const path of new Set([this.#path, this.#intoPath])) {
      const report = await verifyStore(systemEnvironment(await loadLibc()), path);
      assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
    }
    totals.tryCount += this.#judge.totals.tryCount;
    totals.repeatedCount += this.#judge.totals.repeatedCount;
    totals.copyCount += this.#judge.totals.copyCount;
    if (!this.#isPlain) totals.besideCount++;
  }
}

/**
 * Plays one store in a directory of its own.
 *
 * @param round What to do with it.
 * @param options How processes are killed.
 * @param totals What was seen so far; moved on.
 */
export async function playRetries(
  round: StoreRound,
  options: RetriedStoreOptions,
  totals: RetriesTotals,
): Promise<void> {
  await using directory = await temporaryDirectory("streambed-retries-", options.parent);
  await using store = new RetriedStore(directory.path, { round, options, totals });
  await store.play();
}

function countOf({ doneCount, retriedCount, deadLetterCount }: ConsumeResult): number {
  return doneCount + retriedCount + deadLetterCount;
}

async function copiesIn(store: Store): Promise<Copies> {
  const [retried, dead] = await Promise.all(["%RETRY%", "%DLQ%"].map((prefix) => {
    return Array.fromAsync(store.queue(`${prefix}${RETRY_GROUP}`).read());
  }));
  return { retried, dead };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

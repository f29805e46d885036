/**
 * Histories of the real store: lives of a process with appends, faults and a death, and the promises that must hold
 * afterwards.
 *
 * @module
 */
import type { Libc } from "../../ffi/mod.ts";
import { check } from "../../ffi/mod.ts";
import type { Environment } from "../../storage/mod.ts";
import type { Choices } from "./choices.ts";
import { isDeath } from "./faults.ts";
import { endAt, firstOf, randomErrors, type SimHook } from "./hooks.ts";
import { simEnvironment } from "./sim_environment.ts";
import { SimKernel } from "./sim_kernel.ts";
import { simLibc } from "./sim_libc.ts";
import type { SimProcess } from "./sim_process.ts";
import { BrokenPromise, StoreLedger } from "./store_ledger.ts";
import { StoreLife } from "./store_life.ts";
import { drawPlan, type StorePlan } from "./store_plan.ts";

/** How a history is run. */
export interface StoreHistoryOptions {
  /** Which write path; drawn unless said. */
  readonly writePath?: "staged" | "mapped";
  /** Whether calls may fail; drawn unless said. */
  readonly errors?: boolean;
  /** Plants a bug: puts another libc in the place of the simulated one. */
  readonly bug?: (libc: Libc) => Libc;
  /** Gets every event in words. */
  readonly trace?: string[];
  /** Is told what happened. */
  readonly tally?: StoreTally;
}

/** What happened in some histories. */
export interface StoreTally {
  /** Histories that were run. */
  histories: number;
  /** Lives of a process in them. */
  boots: number;
  /** Appended messages that were acknowledged. */
  acknowledged: number;
  /** Appended messages that were refused. */
  rejected: number;
  /** Faults by kind. */
  readonly faults: Map<string, number>;
}

/** Starts to count. */
export function newTally(): StoreTally {
  return { histories: 0, boots: 0, acknowledged: 0, rejected: 0, faults: new Map() };
}

const ROOT = "/store";
const PLENTY_PAGE_COUNT = 100_000;

/**
 * Runs one history.
 *
 * @param choices Decides everything.
 * @param options How.
 * @returns The promise that was broken, as `"kind: details"`, or `undefined`.
 */
export async function storeHistory(
  choices: Choices,
  options: StoreHistoryOptions = {},
): Promise<string | undefined> {
  const history = new StoreHistory(choices, options);
  watchRejections();
  const rejections: unknown[] = [];
  watched = rejections;
  const broken = await history.run();
  options.trace?.push(...history.kernel.trace);
  const [unheard] = rejections;
  if (unheard === undefined || broken !== undefined) return broken;
  return unheard instanceof BrokenPromise ? unheard.message : `unhandled: ${stackOf(unheard)}`;
}

let watched: unknown[] = [];
let isWatching = false;

/**
 * Makes a rejected promise that nobody listens to a failure of the history: a real process would not survive it. Those of dead
 * processes do not count.
 */
function watchRejections(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    if (!isDeath(event.reason)) watched.push(event.reason);
  });
}

function stackOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? String(error);
}

class StoreHistory {
  readonly kernel: SimKernel;
  readonly #choices: Choices;
  readonly #options: StoreHistoryOptions;
  readonly #plan: StorePlan;
  readonly #ledger = new StoreLedger();
  #bootCount = 0;
  #rejectedCount = 0;

  constructor(choices: Choices, options: StoreHistoryOptions) {
    this.#choices = choices;
    this.#options = options;
    this.#plan = drawPlan(choices, options);
    const { devicePageCount, directoryProfile } = this.#plan;
    this.kernel = new SimKernel(choices, {
      directoryProfile,
      trace: options.trace !== undefined,
      ...(devicePageCount === undefined ? {} : { devicePageCount }),
    });
  }

  async run(): Promise<string | undefined> {
    this.#makeRoot();
    const { tally } = this.#options;
    if (tally !== undefined) tally.histories++;
    try {
      this.kernel.note(JSON.stringify(this.#plan));
      for (let left = 1 + this.#choices.draw(4); left > 0; left--) await this.#faultyBoot();
      await this.#lastBoots();
      return undefined;
    } catch (error) {
      if (error instanceof BrokenPromise) return error.message;
      const [fault] = this.kernel.faults;
      return fault === undefined ? `exception: ${stackOf(error)}` : `fault: ${fault}`;
    } finally {
      this.kernel.hook = () => undefined;
      this.#count();
    }
  }

  #makeRoot(): void {
    const process = this.kernel.spawn();
    const libc = simLibc(process);
    const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
    check(libc.mkdirat(root, ROOT.slice(1), 0o700), "make root");
    check(libc.fsync(root), "flush root");
    this.kernel.kill(process);
  }

  /** A life that may end at any call, with calls that may fail. */
  async #faultyBoot(): Promise<void> {
    const life = this.#life(this.#hook());
    try {
      await life.run();
    } catch (error) {
      if (error instanceof BrokenPromise || !isDeath(error)) throw error;
    }
    this.kernel.hook = () => undefined;
    const end = this.#choices.draw(3);
    if (life.process.alive) {
      for (const process of this.kernel.processes) this.kernel.kill(process);
    }
    this.#assertNoFault();
    if (end === 2) this.kernel.cutPower();
    if (this.kernel.bootId !== life.bootId) {
      this.#ledger.forgetCommitted();
      this.#countFault("power cut");
    } else this.#countFault("kill");
    if (this.#choices.chance(1, 4)) await this.#lookFromOutside();
    // Offsets decide, not clocks: a clock may be set back between two lives.
    if (this.#choices.chance(1, 8)) this.kernel.scheduler.clock.wallMs -= 3_600_000;
  }

  /** No faults any more: the store must come back, accept, close in order, and say the same twice. */
  async #lastBoots(): Promise<void> {
    this.kernel.space.free += PLENTY_PAGE_COUNT;
    await this.#life(undefined).runLast();
    await this.#life(undefined).runLast();
    await this.#lookFromOutside();
    this.#assertNoFault();
  }

  /** A process that only reads finds what the next writer must find. */
  async #lookFromOutside(): Promise<void> {
    const life = this.#life(undefined);
    await life.lookOnly();
    for (const process of this.kernel.processes) this.kernel.kill(process);
  }

  #life(hook: SimHook | undefined): StoreLife {
    this.kernel.hook = hook ?? (() => undefined);
    const process = this.kernel.spawn();
    this.kernel.note(`boot ${++this.#bootCount}, process ${process.id}`);
    return new StoreLife({
      kernel: this.kernel,
      choices: this.#choices,
      plan: this.#plan,
      ledger: this.#ledger,
      root: ROOT,
      boot: this.#bootCount,
      process,
      areErrorsExpected: hook !== undefined && this.#plan.areErrorsExpected,
      onRejected: (count) => this.#rejectedCount += count,
      environmentOf: (process) => this.#environment(process),
    });
  }

  #environment(process: SimProcess): Environment {
    const environment = simEnvironment(process);
    const { bug } = this.#options;
    return bug === undefined ? environment : { ...environment, libc: bug(environment.libc) };
  }

  #hook(): SimHook {
    const { errorCount } = this.#plan;
    const limit = this.#choices.pick([1500, 400, 120]);
    const isEnding = !this.#choices.chance(1, 4);
    const number = this.kernel.callCount + 1 + this.#choices.draw(limit);
    const end: SimHook = isEnding
      ? endAt(number, this.#choices.chance(1, 2) ? "cut" : "kill")
      : () => undefined;
    if (errorCount === 0) return end;
    const errors = randomErrors(this.#choices, errorCount, 2000);
    return firstOf(end, (call) => {
      const verdict = errors(call);
      if (verdict !== undefined && typeof verdict === "object") {
        const code = "fail" in verdict ? verdict.fail : "short";
        this.#countFault(`${call.name} ${code}`);
      }
      return verdict;
    });
  }

  #assertNoFault(): void {
    const [fault] = this.kernel.faults;
    if (fault !== undefined) throw new BrokenPromise(`fault: ${fault.message}`);
  }

  #countFault(kind: string): void {
    const faults = this.#options.tally?.faults;
    faults?.set(kind, (faults.get(kind) ?? 0) + 1);
  }

  #count(): void {
    const { tally } = this.#options;
    if (tally === undefined) return;
    tally.boots += this.#bootCount;
    tally.rejected += this.#rejectedCount;
    for (const { place } of this.#ledger.sent) if (place !== undefined) tally.acknowledged++;
  }
}

/**
 * Histories of the real store: lives of a process with appends, faults and a death, and the
 * promises that must hold afterwards.
 *
 * @module
 */
import type { Libc } from "../../../ffi/mod.ts";
import { check } from "../../../ffi/mod.ts";
import type { Environment } from "../../../storage/mod.ts";
import type { Choices } from "../machine/choices.ts";
import { isDeath, SimMisuse } from "../machine/faults.ts";
import { endAt, firstOf, INTERRUPTED, randomErrors, type SimHook } from "../machine/hooks.ts";
import { simEnvironment } from "../machine/sim_environment.ts";
import { SimKernel } from "../machine/sim_kernel.ts";
import { simLibc } from "../machine/sim_libc.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import { ConsumerModel, type ConsumerStep } from "./store_consumer.ts";
import { GroupModel } from "./store_group.ts";
import { JobModel } from "./store_job.ts";
import { BrokenPromise, StoreLedger } from "./store_ledger.ts";
import { StoreLife } from "./store_life.ts";
import { drawPlan, type StorePlan } from "./store_plan.ts";
import {
  type ScriptedEnd,
  type ScriptedLife,
  scriptedPlan,
  type StoreScript,
} from "./store_script.ts";
import { addFaults, type StoreTally } from "./store_tally.ts";

/** How a history is run. */
export interface StoreHistoryOptions {
  /** Which write path; drawn unless said. */
  readonly writePath?: "staged" | "mapped";
  /** Whether calls may fail; drawn unless said. */
  readonly errors?: boolean;
  /** Plants a bug: puts another libc in the place of the simulated one. */
  readonly bug?: (libc: Libc) => Libc;
  /** What happens, where it is not drawn. */
  readonly script?: StoreScript;
  /** Gets every event in words. */
  readonly trace?: string[];
  /** Is told what happened. */
  readonly tally?: StoreTally;
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
  watched = { kernel: history.kernel, rejections };
  const broken = await history.run();
  watched = undefined;
  options.trace?.push(...history.kernel.trace);
  const [unheard] = rejections;
  if (unheard === undefined || broken !== undefined) return broken;
  return unheard instanceof BrokenPromise ? unheard.message : `unhandled: ${stackOf(unheard)}`;
}

let watched: { readonly kernel: SimKernel; readonly rejections: unknown[] } | undefined;
let isWatching = false;

/**
 * Makes a rejected promise that nobody listens to a failure of the history: a real process would
 * not survive it. Those of dead processes do not count.
 */
function watchRejections(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.addEventListener("unhandledrejection", (event) => {
    // Between two histories it is an error of the explorer, which must end it.
    if (watched === undefined && !isDeath(event.reason)) return;
    event.preventDefault();
    if (watched === undefined || watched.kernel.processes.length === 0) return;
    if (!isDeath(event.reason)) watched.rejections.push(event.reason);
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
  readonly #job: JobModel;
  readonly #group: GroupModel;
  readonly #consumer: ConsumerModel;
  readonly #identity: { storeId: string | undefined } = { storeId: undefined };
  #bootCount = 0;
  #rejectedCount = 0;

  constructor(choices: Choices, options: StoreHistoryOptions) {
    this.#choices = choices;
    this.#options = options;
    const drawn = drawPlan(choices, options);
    const { script } = options;
    this.#plan = script === undefined ? drawn : scriptedPlan(drawn, script);
    const { devicePageCount, directoryProfile, places } = this.#plan;
    this.#job = new JobModel(places.topics[0], this.#ledger);
    this.#group = new GroupModel(places.topics[0]);
    this.kernel = new SimKernel(choices, {
      directoryProfile,
      trace: options.trace !== undefined,
      ...(devicePageCount === undefined ? {} : { devicePageCount }),
    });
    this.#consumer = new ConsumerModel({
      kernel: this.kernel,
      choices,
      plan: this.#plan,
      root: ROOT,
      environmentOf: (process) => this.#environment(process),
    });
  }

  async run(): Promise<string | undefined> {
    this.#makeRoot();
    const { tally, script } = this.#options;
    if (tally !== undefined) tally.histories++;
    try {
      this.kernel.note(JSON.stringify(this.#plan));
      if (script === undefined) {
        for (let left = 1 + this.#choices.draw(4); left > 0; left--) await this.#faultyBoot();
      } else await this.#runScript(script);
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
    for (const name of this.#plan.store.logDirectories ?? []) {
      check(libc.mkdirat(root, `${ROOT.slice(1)}/${name}`, 0o700), "make log directory");
    }
    const store = check(libc.open(ROOT, { flags: libc.constants.O_DIRECTORY }), "open store");
    check(libc.fsync(store), "flush store");
    this.kernel.exit(process);
  }

  async #runScript(script: StoreScript): Promise<void> {
    const always = script.hook?.(this.kernel) ?? (() => undefined);
    for (const life of script.lives) {
      const own = life.hook?.(this.kernel) ?? (() => undefined);
      const died = await this.#liveThrough(firstOf(always, own), life);
      await this.#lookFromOutside();
      if (died && script.endsAtDeath) return;
    }
  }

  /** A life that may end at any call, with calls that may fail. */
  async #faultyBoot(): Promise<void> {
    await this.#liveThrough(this.#hook());
    if (this.#choices.chance(1, 4)) await this.#lookFromOutside();
    // Offsets decide, not clocks: a clock may be set back between two lives.
    if (this.#choices.chance(1, 8)) this.kernel.scheduler.clock.wallMs -= 3_600_000;
  }

  /** Runs a life to its end. Gives whether a fault of its hook ended it. */
  async #liveThrough(hook: SimHook, script?: ScriptedLife): Promise<boolean> {
    const life = this.#life(hook);
    try {
      await life.run(script);
    } catch (error) {
      if (error instanceof BrokenPromise || !isDeath(error)) throw error;
    }
    this.kernel.hook = () => undefined;
    const died = !life.process.alive;
    this.#end(life, died ? "kill" : script?.end ?? this.#drawEnd());
    this.#assertNoFault();
    if (this.kernel.cacheId === life.cacheId) {
      life.checkBrokerView();
    } else this.#ledger.forgetCommitted();
    script?.afterwards?.(this.kernel, ROOT);
    const isCut = await this.#consumeAlone(hook, script?.alone);
    return died || isCut;
  }

  /** The consumer goes on without a writer. Gives whether the power was cut meanwhile. */
  async #consumeAlone(hook: SimHook, steps: readonly ConsumerStep[] | undefined): Promise<boolean> {
    const { script } = this.#options;
    const isDrawn = script === undefined && this.#plan.hasConsumer && this.#choices.chance(1, 2);
    const { cacheId } = this.kernel;
    this.kernel.hook = this.#hookOf(hook);
    if (isDrawn) await this.#consumer.act();
    for (const step of steps ?? []) await this.#consumer.perform(step);
    this.kernel.hook = () => undefined;
    this.#assertNoFault();
    if (this.kernel.cacheId === cacheId) return false;
    this.#ledger.forgetCommitted();
    return true;
  }

  #drawEnd(): ScriptedEnd {
    const end = this.#choices.draw(8);
    if (end < 4) return "kill";
    if (end === 4) return "remount";
    return end === 5 ? { pull: this.#choices.draw(10) } : { cut: this.#choices.draw(10) };
  }

  #end(life: StoreLife, end: ScriptedEnd): void {
    const isAlone = end === "kill" || end === "close";
    for (const process of this.kernel.processes) {
      if (isAlone && this.#consumer.isProcess(process.id)) continue;
      if (life.isClosed) this.kernel.exit(process);
      else this.kernel.kill(process);
    }
    if (end === "remount") this.kernel.remount();
    else if (typeof end === "object") {
      if ("cut" in end) this.kernel.cutPower(end.cut);
      else this.kernel.pullDevice(end.pull);
    }
  }

  /**
   * No faults any more: the store must come back, accept, close in order, and say the same twice.
   */
  async #lastBoots(): Promise<void> {
    this.kernel.space.free += PLENTY_PAGE_COUNT;
    if (this.#plan.hasConsumer) await this.#consumer.calm();
    if (this.#choices.chance(1, 4)) {
      await this.#life(undefined).runTwice(() => this.#life(undefined));
    }
    await this.#life(undefined).runLast();
    this.#exitAll();
    await this.#life(undefined).runLast();
    this.#exitAll();
    await this.#lookFromOutside();
    this.#assertNoFault();
  }

  /** A process that only reads finds what the next writer must find. */
  async #lookFromOutside(): Promise<void> {
    const life = this.#life(undefined);
    await life.lookOnly();
    this.kernel.exit(life.process);
  }

  #exitAll(): void {
    for (const process of this.kernel.processes) this.kernel.exit(process);
  }

  #life(hook: SimHook | undefined): StoreLife {
    const { descriptorLimit, areErrorsExpected } = this.#plan;
    const isNarrow = hook !== undefined && descriptorLimit !== undefined;
    const process = this.kernel.spawn(isNarrow ? { descriptorLimit } : {});
    // Those who read beside it are left in peace.
    this.kernel.hook = this.#hookOf(hook, process);
    this.kernel.note(`boot ${++this.#bootCount}, process ${process.id}`);
    return new StoreLife({
      kernel: this.kernel,
      choices: this.#choices,
      plan: this.#plan,
      ledger: this.#ledger,
      job: this.#job,
      group: this.#group,
      consumer: this.#consumer,
      identity: this.#identity,
      root: ROOT,
      boot: this.#bootCount,
      process,
      areErrorsExpected: hook !== undefined && areErrorsExpected,
      onRejected: (count) => this.#rejectedCount += count,
      environmentOf: (process) => this.#environment(process),
    });
  }

  /** What is written down is done to the calls of the writer and of the consumer alike. */
  #hookOf(hook: SimHook | undefined, writer?: SimProcess): SimHook {
    const isWritten = this.#options.script !== undefined;
    return (call) => {
      const isMeant = call.processId === writer?.id ||
        (isWritten && this.#consumer.isProcess(call.processId));
      return isMeant ? hook?.(call) : isWritten ? undefined : this.#consumer.ask(call);
    };
  }

  #environment(process: SimProcess): Environment {
    const environment = simEnvironment(process);
    const { bug } = this.#options;
    const libc = this.#refusingToShorten(process, environment.libc);
    return { ...environment, libc: bug === undefined ? libc : bug(libc) };
  }

  /**
   * Who shortens a file that is mapped kills its readers. The kernel lets it happen; a store must
   * never do it.
   */
  #refusingToShorten(process: SimProcess, libc: Libc): Libc {
    const ftruncate: Libc["ftruncate"] = (descriptor, byteLength) => {
      const { node, path } = process.description(descriptor) ?? {};
      const mappings = this.kernel.processes.flatMap((other) => [...other.mappings]);
      const isMapped = mappings.some(({ file }) => file === node && byteLength < file.byteLength);
      if (isMapped) this.kernel.fault(new SimMisuse(`Cannot shorten ${path}: it is mapped`));
      return libc.ftruncate(descriptor, byteLength);
    };
    return { ...libc, ftruncate };
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
      if (verdict === undefined || this.#choices.draw(8) < 7) return verdict;
      return { fail: INTERRUPTED };
    });
  }

  #assertNoFault(): void {
    const [fault] = this.kernel.faults;
    if (fault !== undefined) throw new BrokenPromise(`fault: ${fault.message}`);
  }

  #count(): void {
    const { tally } = this.#options;
    if (tally === undefined) return;
    tally.boots += this.#bootCount;
    tally.calls += this.kernel.callCount;
    tally.rejected += this.#rejectedCount;
    addFaults(tally, this.kernel.faultCounts);
    for (const { place } of this.#ledger.sent) if (place !== undefined) tally.acknowledged++;
  }
}

/**
 * One life of a process that has the store open.
 *
 * @module
 */
import { SystemError } from "../../ffi/mod.ts";
import {
  CorruptionError,
  type Environment,
  openStoreIn,
  type Store,
  StoreError,
  StoreLockedError,
} from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import type { Choices } from "./choices.ts";
import { isDeath } from "./faults.ts";
import type { SimKernel } from "./sim_kernel.ts";
import type { SimProcess } from "./sim_process.ts";
import { BrokenPromise, type SentMessage, type StoreLedger } from "./store_ledger.ts";
import type { StorePlan } from "./store_plan.ts";
import { StoreSender } from "./store_sender.ts";
import { checkClosedTree, checkIndex, readView } from "./store_view.ts";

/** What a life is made of. */
export interface StoreLifeParts {
  /** The machine. */
  readonly kernel: SimKernel;
  /** Decides everything. */
  readonly choices: Choices;
  /** The history's setting. */
  readonly plan: StorePlan;
  /** What was sent and promised so far. */
  readonly ledger: StoreLedger;
  /** Path of the store. */
  readonly root: string;
  /** Number of the life. */
  readonly boot: number;
  /** The process. */
  readonly process: SimProcess;
  /** Whether a refusal may be the machine's fault. */
  readonly areErrorsExpected: boolean;
  /** Is told how many messages were refused. */
  readonly onRejected: (count: number) => void;
  /** Gives a process its world. */
  readonly environmentOf: (process: SimProcess) => Environment;
}

const ACTION_LIMIT = 24;

/** One life. */
export class StoreLife {
  /** The boot that it began in. */
  readonly bootId: string;
  readonly #parts: StoreLifeParts;
  readonly #sender: StoreSender;
  #lastRefusal: unknown;

  /** Begins a life; nothing is open yet. */
  constructor(parts: StoreLifeParts) {
    this.#parts = parts;
    this.bootId = parts.kernel.bootId;
    this.#sender = new StoreSender(parts);
  }

  /** The process. */
  get process(): SimProcess {
    return this.#parts.process;
  }

  /** Opens, checks, works, and perhaps closes. Faults may end it anywhere. */
  async run(): Promise<void> {
    const store = await this.#tolerant("open", () => openStoreIn(...this.#opening()));
    if (store === undefined) return await this.#checkReleased(`${this.#lastRefusal}`);
    const isRead = await this.#tolerant("read", () => this.#checkSettled(store));
    if (isRead === undefined) return;
    const { choices, kernel } = this.#parts;
    for (let left = choices.draw(ACTION_LIMIT); left > 0; left--) {
      await this.#act(store);
      this.process.assertAlive();
    }
    if (choices.chance(1, 2)) await kernel.scheduler.idle();
    if (choices.chance(1, 2)) return;
    await this.#tolerant("close", () => store.close());
    await this.#checkReleased(`a close ${this.#lastRefusal ?? ""}`);
  }

  /** Opens, checks, appends, closes. Nothing may fail. */
  async runLast(): Promise<void> {
    const { kernel, root } = this.#parts;
    const { scheduler } = kernel;
    const store = await this.#must("open", openStoreIn(...this.#opening()));
    await this.#must("read", this.#checkSettled(store));
    await scheduler.settle(this.#sender.append(store), this.process);
    await scheduler.settle(this.#sender.appendGroup(store), this.process);
    await this.#must("flush", store.flush());
    await this.#checkLive(store);
    await this.#must("close", store.close());
    await this.#checkReleased("a close");
    checkClosedTree(kernel, root);
    await this.#verify(["sound"]);
  }

  /** Opens for reading only, with the last writer dead, and checks. */
  async lookOnly(): Promise<void> {
    await this.#verify(["sound", "torn"]);
    const [environment, root, options] = this.#opening();
    const open = openStoreIn(environment, root, { ...options, readOnly: true });
    const store = await this.#must("open for reading", open);
    await this.#must("read", this.#look(store, this.#parts.ledger.promised("committed")));
    await this.#must("close", store.close());
    await this.#checkReleased("a reader's close");
  }

  #opening(): Parameters<typeof openStoreIn> {
    const { environmentOf, root, plan } = this.#parts;
    return [environmentOf(this.process), root, plan.store];
  }

  async #act(store: Store): Promise<void> {
    const { choices, kernel } = this.#parts;
    const { scheduler } = kernel;
    const sender = this.#sender;
    const waits = choices.chance(1, 3);
    const action = choices.draw(16);
    let work: Promise<void> | undefined;
    if (action < 5) work = sender.append(store);
    else if (action < 7) work = sender.appendBatch(store);
    else if (action < 10) work = sender.appendGroup(store);
    else if (action === 10) work = sender.accept(store);
    else if (action === 11) work = this.#flush(store);
    else if (action === 12) await scheduler.advance(choices.draw(150));
    else if (action === 13) await this.#checkLive(store);
    else if (action === 14) await this.#lookBeside();
    else await scheduler.idle();
    if (work !== undefined && waits) await scheduler.settle(work, this.process);
  }

  async #flush(store: Store): Promise<void> {
    const pending = this.#sender.pending();
    this.#parts.kernel.note("flush");
    try {
      await store.flush();
    } catch (error) {
      return this.#sender.judge("flush", error);
    }
    if (!this.process.alive) return;
    for (const entry of pending) if (entry.state === "acknowledged") entry.promise = "flushed";
    this.#parts.kernel.note("flushed");
  }

  /** What recovery shows is all there is, and durable. */
  async #checkSettled(store: Store): Promise<true> {
    const { choices, ledger, plan } = this.#parts;
    const promised = ledger.promised("committed");
    const view = await readView(store, plan.places, "committed", choices);
    this.#parts.kernel.note(`${view.messages.length} messages after opening`);
    ledger.check(view, { promised, isSettled: true, isDurable: true });
    await checkIndex(store, view, ledger, plan.places);
    const flushed = await readView(store, plan.places, "flushed", choices);
    if (flushed.messages.length !== view.messages.length) {
      throw new BrokenPromise(`flushed: only ${flushed.messages.length} after opening`);
    }
    return true;
  }

  /** Looks at the store while it is being written. */
  async #checkLive(store: Store): Promise<void> {
    const { choices, ledger, plan, kernel } = this.#parts;
    const visibility = choices.pick(["committed", "flushed"] as const);
    kernel.note(`read ${visibility}`);
    const hasFailed = this.#parts.areErrorsExpected;
    const promised = ledger.promised(hasFailed ? "flushed" : visibility);
    const isDurable = visibility === "flushed";
    await this.#tolerant("read", async () => {
      const { committedPosition } = store.info;
      const view = await readView(store, plan.places, visibility, choices);
      // A store that failed meanwhile shows only what is flushed from then on.
      if (store.info.committedPosition < committedPosition) return;
      ledger.check(view, { promised, isSettled: false, isDurable });
    });
  }

  /** Another process reads beside the writer, and a third one finds the lock taken. */
  async #lookBeside(): Promise<void> {
    const { kernel, environmentOf, root, plan, ledger, areErrorsExpected } = this.#parts;
    const { hook } = kernel;
    const promised = ledger.promised(areErrorsExpected ? "flushed" : "committed");
    kernel.hook = () => undefined;
    const reader = kernel.spawn();
    kernel.note(`process ${reader.id} reads beside the writer`);
    try {
      const environment = environmentOf(reader);
      const refused = await this.#settled(openStoreIn(environment, root, plan.store), reader);
      if (!(refused instanceof StoreLockedError)) {
        throw new BrokenPromise(`lock: a second writer got ${refused}`);
      }
      const options = { ...plan.store, readOnly: true };
      const store = await kernel.scheduler.settle(
        openStoreIn(environment, root, options),
        reader,
      );
      await kernel.scheduler.settle(this.#look(store, promised), reader);
      await kernel.scheduler.settle(store.close(), reader);
      assertReleased(reader, "a reader's close");
    } catch (error) {
      this.#mustNotFail("read beside the writer", error);
    } finally {
      kernel.kill(reader);
      kernel.hook = hook;
    }
  }

  async #settled(work: Promise<unknown>, process: SimProcess): Promise<unknown> {
    return await this.#parts.kernel.scheduler.settle(
      work.then((value) => value, (error: unknown) => error),
      process,
    );
  }

  async #look(store: Store, promised: readonly SentMessage[]): Promise<void> {
    const { choices, ledger, plan } = this.#parts;
    const view = await readView(store, plan.places, "committed", choices);
    ledger.check(view, { promised, isSettled: false, isDurable: false });
  }

  async #verify(verdicts: readonly string[]): Promise<void> {
    const { environmentOf, root, kernel } = this.#parts;
    if (kernel.lookUp(`${root}/commitlog`) === undefined) return;
    const report = await this.#must("verify", verifyStore(environmentOf(this.process), root));
    if (verdicts.includes(report.verdict)) return;
    const damage = report.findings.filter(({ severity }) => severity === "damage");
    const found = damage.map(({ area, text, path, position }) =>
      `${area} ${text} ${path} ${position}`
    );
    throw new BrokenPromise(`verify: ${report.verdict}, ${found.join("; ")}`);
  }

  /** Waits for work that may not fail any more. */
  async #must<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await this.#parts.kernel.scheduler.settle(work, this.process);
    } catch (error) {
      return this.#mustNotFail(what, error);
    }
  }

  #mustNotFail(what: string, error: unknown): never {
    if (error instanceof BrokenPromise || isDeath(error)) throw error;
    throw new BrokenPromise(`unusable: cannot ${what}: ${(error as Error).stack}`);
  }

  /** Waits for work that the machine may let fail, but only in ways that the store knows. */
  async #tolerant<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const { kernel, areErrorsExpected } = this.#parts;
    try {
      return await kernel.scheduler.settle(work(), this.process);
    } catch (error) {
      if (error instanceof BrokenPromise || isDeath(error)) throw error;
      kernel.note(`cannot ${what}: ${error}`);
      this.#lastRefusal = error;
      const isKnown = error instanceof StoreError || error instanceof SystemError;
      if (isKnown && areErrorsExpected && !(error instanceof CorruptionError)) return undefined;
      throw new BrokenPromise(`exception: cannot ${what}: ${(error as Error).stack}`);
    }
  }

  async #checkReleased(after: string): Promise<void> {
    await this.#parts.kernel.scheduler.idle();
    if (this.process.alive) assertReleased(this.process, after);
  }
}

function assertReleased({ descriptorCount, mappings }: SimProcess, after: string): void {
  if (descriptorCount === 0 && mappings.size === 0) return;
  throw new BrokenPromise(
    `leak: ${descriptorCount} descriptors and ${mappings.size} mappings after ${after}`,
  );
}

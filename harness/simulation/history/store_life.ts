/**
 * One life of a process that has the store open.
 *
 * @module
 */
import { type Environment, openStoreIn, type Store } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import type { Choices } from "../machine/choices.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import { drawAction, StoreActions } from "./store_actions.ts";
import type { ConsumerModel } from "./store_consumer.ts";
import type { GroupModel } from "./store_group.ts";
import { StoreGuard } from "./store_guard.ts";
import type { JobModel } from "./store_job.ts";
import {
  BrokenPromise,
  type SentMessage,
  type StoreLedger,
  type StoreView,
} from "./store_ledger.ts";
import type { StorePlan } from "./store_plan.ts";
import type { ScriptedLife } from "./store_script.ts";
import {
  checkBrokerView,
  checkClosedTree,
  checkDurable,
  checkIndex,
  readView,
} from "./store_view.ts";

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
  /** The history's job. */
  readonly job: JobModel;
  /** The history's group. */
  readonly group: GroupModel;
  /** The process that reads as another group. */
  readonly consumer: ConsumerModel;
  /** The store's id, once a writer had it open. */
  readonly identity: { storeId: string | undefined };
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
const PLENTY_MESSAGES = 100;

/** One life. */
export class StoreLife {
  /** The page cache that it began with. */
  readonly cacheId: string;
  readonly #parts: StoreLifeParts;
  readonly #guard: StoreGuard;
  #hasOpened = false;
  #isClosed = false;

  /** Begins a life; nothing is open yet. */
  constructor(parts: StoreLifeParts) {
    this.#parts = parts;
    this.cacheId = parts.kernel.cacheId;
    this.#guard = new StoreGuard(parts);
  }

  /** The process. */
  get process(): SimProcess {
    return this.#parts.process;
  }

  /** Whether it closed the store in order. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Opens, checks, works, and perhaps closes. Faults may end it anywhere. */
  async run(script?: ScriptedLife): Promise<void> {
    const guard = this.#guard;
    const store = await guard.tolerant("open", () => openStoreIn(...this.#opening()));
    if (store === undefined) return await guard.checkReleased(`${guard.lastRefusal}`);
    const isRead = await guard.tolerant("read", () => this.#checkSettled(store));
    if (isRead === undefined) return;
    this.#hasOpened = true;
    const { choices, kernel } = this.#parts;
    await this.#act(new StoreActions(this.#parts, guard, store), script);
    const isIdle = script === undefined && choices.chance(1, 2);
    if (isIdle) await kernel.scheduler.idle();
    const closes = script === undefined ? !choices.chance(1, 2) : script.end === "close";
    if (closes) await this.#close(store);
  }

  /** Opens and looks, twice, with a death in between: both must find the same. Nothing may fail. */
  async runTwice(again: () => StoreLife): Promise<void> {
    const first = await this.#openAndDie();
    const second = await again().#openAndDie();
    if (first === second) return;
    throw new BrokenPromise(`unstable: a recovery found ${second}, and the one before ${first}`);
  }

  /** Opens, checks, appends, closes. Nothing may fail. */
  async runLast(): Promise<void> {
    const { kernel, root, plan, group, consumer } = this.#parts;
    const { scheduler } = kernel;
    const guard = this.#guard;
    const store = await guard.must("open", openStoreIn(...this.#opening()));
    await guard.must("read", this.#checkSettled(store));
    const actions = new StoreActions(this.#parts, guard, store);
    await scheduler.settle(actions.sender.append(store), this.process);
    await scheduler.settle(actions.sender.appendGroup(store), this.process);
    await guard.must("flush", store.flush());
    if (plan.hasJob) await guard.must("run the job", this.#finishJob(store));
    await guard.must("read", actions.look("flushed"));
    if (plan.hasGroup) group.commit(store);
    if (plan.hasConsumer) await consumer.finish();
    await guard.must("close", store.close());
    if (plan.hasGroup) group.closed();
    if (plan.hasConsumer) consumer.writerClosed();
    await guard.checkReleased("a close");
    checkClosedTree(kernel, root);
    await this.#verify(["sound"]);
  }

  /** Opens for reading only, with the last writer dead, and checks. */
  async lookOnly(): Promise<void> {
    const guard = this.#guard;
    const { kernel, root, ledger, areErrorsExpected } = this.#parts;
    await this.#verify(["sound", "torn", "repairable"]);
    const [environment, , options] = this.#opening();
    const open = openStoreIn(environment, root, { ...options, readOnly: true });
    const store = await guard.must("open for reading", open);
    await guard.must("read", this.#look(store, ledger.promised("committed"), "committed"));
    // After a failed sync the page cache says more than the disk, until a writer has made it
    // durable again.
    const view = await guard.must("read", this.#look(store, [], "flushed"));
    if (!areErrorsExpected) checkDurable(kernel, root, view.messages);
    await guard.must("close", store.close());
    await guard.checkReleased("a reader's close");
  }

  /** What a broker would find in the page cache that a killed process of ours left. */
  checkBrokerView(): void {
    const { kernel, root, areErrorsExpected } = this.#parts;
    if (this.#hasOpened && !areErrorsExpected) checkBrokerView(kernel, root);
  }

  #opening(): Parameters<typeof openStoreIn> {
    const { environmentOf, root, plan } = this.#parts;
    return [environmentOf(this.process), root, plan.store];
  }

  async #act(actions: StoreActions, script: ScriptedLife | undefined): Promise<void> {
    const { choices } = this.#parts;
    if (script !== undefined) {
      for (const action of script.actions) {
        await actions.perform(action, true);
        this.process.assertAlive();
      }
      return;
    }
    for (let left = choices.draw(ACTION_LIMIT); left > 0; left--) {
      const waits = choices.chance(1, 3);
      await actions.perform(drawAction(this.#parts), waits);
      this.process.assertAlive();
    }
  }

  async #close(store: Store): Promise<void> {
    const { plan, group, consumer, areErrorsExpected } = this.#parts;
    const guard = this.#guard;
    const isClosed = await guard.tolerant("close", () => store.close().then(() => true));
    await guard.checkReleased(`a close ${guard.lastRefusal ?? ""}`);
    this.#isClosed = isClosed === true && this.process.alive;
    // A store that failed closes without a word, and writes nothing any more.
    if (!this.#isClosed || areErrorsExpected) return;
    if (plan.hasGroup) group.closed();
    if (plan.hasConsumer) consumer.writerClosed();
  }

  async #openAndDie(): Promise<string> {
    const { kernel, plan, choices } = this.#parts;
    const store = await this.#guard.must("open", openStoreIn(...this.#opening()));
    const view = await this.#guard.must(
      "read",
      readView(store, plan.places, "committed", choices),
    );
    const { latest, earliestPosition, messages } = view;
    kernel.exit(this.process);
    const places = messages.map(({ position }) => position);
    return `${[...latest]} from ${earliestPosition} at ${places}`;
  }

  async #finishJob(store: Store): Promise<void> {
    const { job, plan } = this.#parts;
    const { retention } = plan.store;
    // A retention that does not wait for groups may have deleted what the job reads next.
    const isComplete = retention?.pastGroups !== true;
    if (isComplete) await job.run(store, PLENTY_MESSAGES);
    await job.check(store, { mayMiss: retention !== undefined, isComplete });
  }

  /** What recovery shows is all there is, and durable. */
  async #checkSettled(store: Store): Promise<true> {
    const { choices, ledger, plan, kernel, root, job, group, consumer, process } = this.#parts;
    this.#checkIdentity(store);
    const promised = ledger.promised("committed");
    const view = await readView(store, plan.places, "committed", choices);
    kernel.note(`${view.messages.length} messages after opening`);
    ledger.check(view, { promised, isSettled: true, isDurable: true });
    checkDurable(kernel, root, view.messages);
    await checkIndex(store, view, ledger, plan.places);
    const flushed = await readView(store, plan.places, "flushed", choices);
    if (flushed.messages.length !== view.messages.length) {
      throw new BrokenPromise(`flushed: only ${flushed.messages.length} after opening`);
    }
    if (plan.hasGroup) group.open(store);
    if (plan.hasConsumer) consumer.meetWriter({ process, guard: this.#guard, store });
    if (plan.hasJob) {
      await job.check(store, { mayMiss: plan.store.retention !== undefined, isComplete: false });
    }
    return true;
  }

  #checkIdentity({ info }: Store): void {
    const { identity } = this.#parts;
    identity.storeId ??= info.storeId;
    if (identity.storeId === info.storeId) return;
    throw new BrokenPromise(`identity: store ${identity.storeId} is ${info.storeId} now`);
  }

  async #look(
    store: Store,
    promised: readonly SentMessage[],
    visibility: "committed" | "flushed",
  ): Promise<StoreView> {
    const { choices, ledger, plan } = this.#parts;
    const view = await readView(store, plan.places, visibility, choices);
    ledger.check(view, { promised, isSettled: false, isDurable: false });
    return view;
  }

  async #verify(verdicts: readonly string[]): Promise<void> {
    const { environmentOf, root, kernel, plan } = this.#parts;
    const { logDirectories } = plan.store;
    const folder = logDirectories === undefined ? "commitlog" : "streambed";
    if (kernel.lookUp(`${root}/${folder}`) === undefined) return;
    const where = logDirectories === undefined ? {} : { logDirectories };
    const verifying = verifyStore(environmentOf(this.process), root, where);
    const report = await this.#guard.must("verify", verifying);
    if (verdicts.includes(report.verdict) && report.damageCount === 0) return;
    const damage = report.findings.filter(({ severity }) => severity === "damage");
    const found = damage.map(({ area, text, path, position }) =>
      `${area} ${text} ${path} ${position}`
    );
    throw new BrokenPromise(`verify: ${report.verdict}, ${found.join("; ")}`);
  }
}

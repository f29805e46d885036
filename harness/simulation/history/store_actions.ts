/**
 * What a process does while it has the store open.
 *
 * @module
 */
import { openStoreIn, type Store, StoreError } from "../../../storage/mod.ts";
import { isDeath } from "../machine/faults.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import { type ConsumerStep, isConsumerStep } from "./store_consumer.ts";
import { checkEdges } from "./store_edges.ts";
import { assertReleased, type StoreGuard } from "./store_guard.ts";
import { intrude } from "./store_intruder.ts";
import { BrokenPromise, type SentMessage } from "./store_ledger.ts";
import type { StoreLifeParts } from "./store_life.ts";
import { StoreSender } from "./store_sender.ts";
import { checkDurable, readView } from "./store_view.ts";

/** Name of an action. */
export type StoreAction =
  | "append"
  | "batch"
  | "group"
  | "accept"
  | "flush"
  | "wait"
  | "rest"
  | "look"
  | "beside"
  | "idle"
  | "job"
  | "commit"
  | "fill"
  | "intrude"
  | "consume"
  | ConsumerStep;

/** Drawn evenly; a zero on the tape is the first. */
const DRAWN: readonly StoreAction[] = [
  ...Array<StoreAction>(5).fill("append"),
  ...Array<StoreAction>(2).fill("batch"),
  ...Array<StoreAction>(3).fill("group"),
  "accept",
  "flush",
  "wait",
  "look",
  "beside",
  "idle",
  "job",
  "commit",
];

const WAIT_LIMIT_MS = 150;
/** Longer than every interval of a history that rests. */
const REST_MS = 3000;
const JOB_MESSAGES_MAX = 4;
/** More messages than two segments hold: one is in use, and one is prepared. */
const FILLING_COUNT_MAX = 200;

/** Names an action at random. */
export function drawAction({ choices, plan }: StoreLifeParts): StoreAction {
  return plan.hasConsumer && choices.chance(1, 3) ? "consume" : choices.pick(DRAWN);
}

/** Carries out actions on an open store. */
export class StoreActions {
  readonly sender: StoreSender;
  readonly #parts: StoreLifeParts;
  readonly #guard: StoreGuard;
  readonly #store: Store;
  #isJobRunning = false;
  #hasStoreFailed = false;
  /** A process that reads beside the writer. */
  #reader: { readonly process: SimProcess; readonly store: Store } | undefined;

  /** Makes them for one life. */
  constructor(parts: StoreLifeParts, guard: StoreGuard, store: Store) {
    this.#parts = parts;
    this.#guard = guard;
    this.#store = store;
    this.sender = new StoreSender(parts, guard);
    store.closed.catch(() => this.#hasStoreFailed = true);
  }

  /**
   * Does something.
   *
   * @param action What.
   * @param waits Whether to wait for its end, where there is a choice.
   */
  async perform(action: StoreAction, waits: boolean): Promise<void> {
    const { choices, kernel, process, consumer } = this.#parts;
    const { scheduler } = kernel;
    if (action === "consume") return await consumer.act();
    if (isConsumerStep(action)) return await consumer.perform(action);
    if (action === "wait") return await scheduler.advance(choices.draw(WAIT_LIMIT_MS));
    if (action === "idle") return await scheduler.idle();
    if (action === "rest") return await this.#rest();
    if (action === "beside") return await this.#lookBeside();
    if (action === "fill") return await this.#fillDevice();
    if (action === "intrude") return await this.#letIntrude();
    if (action === "look") {
      const visibility = choices.pick(["committed", "flushed"] as const);
      await this.#guard.tolerant("read", () => this.look(visibility));
      return;
    }
    const work = this.#begin(action);
    if (work !== undefined && waits) await scheduler.settle(work, process);
  }

  /** Looks at the store while it is being written. */
  async look(visibility: "committed" | "flushed"): Promise<void> {
    const { choices, ledger, plan, kernel, root, areErrorsExpected } = this.#parts;
    kernel.note(`read ${visibility}`);
    const promised = ledger.promised(areErrorsExpected ? "flushed" : visibility);
    const isDurable = visibility === "flushed" || this.sender.hasStoreFailed;
    const { committedPosition } = this.#store.info;
    const view = await readView(this.#store, plan.places, visibility, choices);
    // A store that failed meanwhile shows only what is flushed from then on.
    if (this.#store.info.committedPosition < committedPosition) return;
    ledger.check(view, { promised, isSettled: false, isDurable });
    if (isDurable) checkDurable(kernel, root, view.messages);
    await checkEdges(this.#store, plan.places, visibility);
  }

  #begin(action: StoreAction): Promise<void> | undefined {
    const { plan } = this.#parts;
    switch (action) {
      case "batch":
        return this.sender.appendBatch(this.#store);
      case "group":
        return this.sender.appendGroup(this.#store);
      case "accept":
        return this.sender.accept(this.#store);
      case "flush":
        return this.#flush();
      case "job":
        return plan.hasJob && !this.#isJobRunning ? this.#runJob() : undefined;
      case "commit":
        return plan.hasGroup ? this.#commitGroup() : undefined;
      default:
        return this.sender.append(this.#store);
    }
  }

  async #flush(): Promise<void> {
    const { kernel, process } = this.#parts;
    const pending = this.sender.pending();
    kernel.note("flush");
    try {
      await this.#store.flush();
    } catch (error) {
      return this.sender.judge("flush", error);
    }
    if (!process.alive) return;
    for (const entry of pending) if (entry.state === "acknowledged") entry.promise = "flushed";
    kernel.note("flushed");
  }

  /**
   * Nobody asks for anything: in time all that was taken is committed, flushed, and so is the
   * group's progress.
   */
  async #rest(): Promise<void> {
    const { kernel, plan, group, consumer, process } = this.#parts;
    const taken = this.sender.taken();
    kernel.note("rest");
    await kernel.scheduler.advance(REST_MS);
    process.assertAlive();
    // It may have failed without having been asked for anything.
    if (this.#hasStoreFailed) return;
    for (const entry of taken) entry.promise = "flushed";
    if (plan.hasGroup) group.closed();
    if (plan.hasConsumer) consumer.rested();
    await this.#guard.tolerant("read", () => this.look("flushed"));
  }

  async #runJob(): Promise<void> {
    const { choices, kernel, job } = this.#parts;
    const messages = 1 + choices.draw(JOB_MESSAGES_MAX);
    kernel.note(`the job runs, ${messages} messages from checkpoint to checkpoint`);
    this.#isJobRunning = true;
    try {
      await job.run(this.#store, messages);
      kernel.note("the job is at the end");
    } catch (error) {
      // The life may close the store while the job runs.
      if (!StoreError.is(error, "CLOSED")) this.sender.judge("run the job", error);
    } finally {
      this.#isJobRunning = false;
    }
  }

  async #commitGroup(): Promise<void> {
    const commit = () => Promise.resolve(this.#parts.group.commit(this.#store));
    await this.#guard.tolerant("commit", async () => await commit());
  }

  /** Another process reads beside the writer, and a third one finds the lock taken. */
  async #lookBeside(): Promise<void> {
    const { kernel, choices, ledger, areErrorsExpected } = this.#parts;
    const { hook } = kernel;
    const visibility = choices.pick(["committed", "flushed"] as const);
    const promised = ledger.promised(areErrorsExpected ? "flushed" : "committed");
    kernel.hook = () => undefined;
    try {
      const isNew = this.#reader === undefined;
      const reader = this.#reader ?? await this.#openReader();
      this.#reader = reader;
      kernel.note(`process ${reader.process.id} reads ${visibility} beside the writer`);
      // One that reads for a second time may not have caught up yet.
      await this.#readAs(reader, visibility, isNew && visibility === "committed" ? promised : []);
      if (choices.chance(1, 2)) await this.#closeReader(reader);
    } catch (error) {
      this.#guard.mustNotFail("read beside the writer", error);
    } finally {
      kernel.hook = hook;
    }
  }

  /** A stranger cuts a sealed segment under a process that reads beside the writer. */
  async #letIntrude(): Promise<void> {
    const { kernel, root } = this.#parts;
    const { hook } = kernel;
    kernel.hook = () => undefined;
    try {
      const reader = this.#reader ??= await this.#openReader();
      const read = () => this.#readAs(reader, "committed", []);
      await read();
      await intrude(kernel, root, { store: reader.store, read });
    } catch (error) {
      this.#guard.mustNotFail("read beside an intruder", error);
    } finally {
      kernel.hook = hook;
    }
  }

  async #openReader(): Promise<{ process: SimProcess; store: Store }> {
    const { kernel, environmentOf, root, plan } = this.#parts;
    const process = kernel.spawn();
    await this.#findLocked(process);
    const options = { ...plan.store, readOnly: true };
    const opening = openStoreIn(environmentOf(process), root, options);
    return { process, store: await kernel.scheduler.settle(opening, process) };
  }

  async #closeReader({ process, store }: { process: SimProcess; store: Store }): Promise<void> {
    const { kernel } = this.#parts;
    this.#reader = undefined;
    await kernel.scheduler.settle(store.close(), process);
    assertReleased(process, "a reader's close");
    kernel.exit(process);
  }

  async #findLocked(process: SimProcess): Promise<void> {
    const { kernel, environmentOf, root, plan } = this.#parts;
    const opening = openStoreIn(environmentOf(process), root, plan.store);
    const refused = await kernel.scheduler.settle(
      opening.then((store) => store, (error: unknown) => error),
      process,
    );
    if (StoreError.is(refused, "LOCKED") || isDeath(refused)) return;
    throw new BrokenPromise(`lock: a second writer got ${refused}`);
  }

  async #readAs(
    { process, store }: { process: SimProcess; store: Store },
    visibility: "committed" | "flushed",
    promised: readonly SentMessage[],
  ): Promise<void> {
    const { kernel, root, plan, ledger, choices } = this.#parts;
    const reading = readView(store, plan.places, visibility, choices);
    const view = await kernel.scheduler.settle(reading, process);
    ledger.check(view, { promised, isSettled: false, isDurable: false });
    if (visibility === "flushed") checkDurable(kernel, root, view.messages);
    await kernel.scheduler.settle(checkEdges(store, plan.places, visibility), process);
  }

  /**
   * The device is full: an append is refused with the right error; when there is room again,
   * appends go on.
   */
  async #fillDevice(): Promise<void> {
    const { kernel, process } = this.#parts;
    const { free } = kernel.space;
    kernel.note("the device is full");
    kernel.space.free = 0;
    const refusal = await this.#appendUntilRefused();
    if (!StoreError.is(refusal, "DISK_FULL")) {
      throw new BrokenPromise(`full: appends are refused with ${refusal}`);
    }
    kernel.space.free = free;
    kernel.note("there is room again");
    await kernel.scheduler.settle(this.sender.append(this.#store), process);
    if (this.#parts.ledger.sent.at(-1)?.state === "acknowledged") return;
    throw new BrokenPromise(`full: no append after there is room: ${this.sender.lastRefusal}`);
  }

  async #appendUntilRefused(): Promise<unknown> {
    const { kernel, ledger, process } = this.#parts;
    for (let count = 0; count < FILLING_COUNT_MAX; count++) {
      await kernel.scheduler.settle(this.sender.append(this.#store), process);
      if (ledger.sent.at(-1)?.state === "rejected") return this.sender.lastRefusal;
    }
    return undefined;
  }
}

/**
 * A group that several processes read in turn: who has the right to, how far they are, and what
 * each store owes them.
 *
 * @module
 */
import { type HeldClaim, innerPortOf, type Store, StoreError } from "../../../storage/mod.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import type { ConsumerParts } from "./store_consumer.ts";
import type { StoreGuard } from "./store_guard.ts";
import { BrokenPromise } from "./store_ledger.ts";
import { GroupProgress } from "./store_progress.ts";

/** A process that has the store open. */
export interface GroupReader {
  /** The process. */
  readonly process: SimProcess;
  /** Judges how it fails. */
  readonly guard: StoreGuard;
  /** Its store. */
  readonly store: Store;
  /** Whether it writes the store, and so knows of the others. */
  readonly isWriter: boolean;
}

/** The right to read, as long as its process lives. */
interface Holding {
  readonly reader: GroupReader;
  readonly claim: HeldClaim;
  next: number;
}

const GROUP = "consumer";
const MESSAGES_MAX = 4;
const BEHIND = /^Group progress is behind/;

/** The group of one history. It reads queue 0 of a topic. */
export class SharedGroup {
  /** Whether a refusal may be the machine's fault, and with it what is not seen. */
  areErrorsExpected: boolean;
  readonly #parts: ConsumerParts;
  readonly #topic: string;
  readonly #progress = new GroupProgress();
  /** How far each store was told that the group is. */
  readonly #told = new WeakMap<Store, number>();
  #holding: Holding | undefined;
  #cacheId: string;

  /** Makes a group that has read nothing. */
  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#topic = parts.plan.places.topics[0];
    this.areErrorsExpected = parts.plan.areErrorsExpected;
    this.#cacheId = parts.kernel.cacheId;
  }

  /** Reads on, if no other process has the group. */
  async read(reader: GroupReader): Promise<void> {
    const { choices, kernel, plan } = this.#parts;
    const { store, process } = reader;
    const holding = this.#claim(reader);
    if (holding === undefined) return;
    const queue = store.queue(this.#topic, 0);
    const from = Math.max(holding.next, queue.earliestOffset);
    const limit = Math.min(1 + choices.draw(MESSAGES_MAX), queue.flushedEndOffset - from);
    const messages = limit <= 0
      ? []
      : await queue.readBatch({ from, limit, visibility: "flushed" });
    process.assertAlive();
    const first = messages.at(0)?.offset ?? from;
    if (first !== from && plan.store.retention === undefined) {
      throw new BrokenPromise(`gap: the group gets offset ${first} where ${from} comes next`);
    }
    holding.next = first + messages.length;
    kernel.note(`process ${process.id} has read from ${from} to ${holding.next}`);
    this.#promised.done(holding.next);
    this.#told.set(store, holding.next);
    holding.claim.done(holding.next);
  }

  /** Gives the group back, if the process has it. */
  release(reader: GroupReader): void {
    const holding = this.#held();
    if (holding?.reader !== reader) return;
    holding.claim.release();
    reader.process.assertAlive();
    this.#holding = undefined;
    // Where it fails, it only says so.
    const { notes } = reader.store.info;
    if (!notes.some((note) => BEHIND.test(note))) this.#promised.wrote(holding.next);
  }

  /** Makes durable what the store knows. */
  async write(reader: GroupReader): Promise<void> {
    const owed = this.#owedBy(reader);
    await innerPortOf(reader.store).writeGroups();
    reader.process.assertAlive();
    this.#promised.flushed(owed);
  }

  /** Closes the store; whatever becomes of that, the group is given back. */
  async close(reader: GroupReader): Promise<void> {
    const owed = this.#owedBy(reader);
    try {
      await reader.store.close();
      reader.process.assertAlive();
      this.#promised.flushed(owed);
    } finally {
      if (this.#holding?.reader === reader) this.#holding = undefined;
    }
  }

  /** So much time has passed, or so much was closed, that all is durable, and in the file. */
  settled(readers: readonly GroupReader[]): void {
    if (this.areErrorsExpected) return;
    for (const reader of readers) this.#promised.flushed(this.#owedBy(reader));
    if (this.#promised.least > 0) this.#promised.check("the file tells", this.#readFile());
  }

  /** Looks what a store tells. */
  look({ store }: GroupReader): void {
    const told = tellOf(store);
    if (!this.areErrorsExpected) this.#promised.check("a store tells", told);
  }

  /** Nothing else happened since the group was read: a store tells exactly how far. */
  mustTell({ store }: GroupReader): void {
    const next = this.#holding?.next;
    const told = tellOf(store);
    if (told !== next) throw new BrokenPromise(`progress: a store tells ${told}, not ${next}`);
  }

  /** What was promised, as far as the page cache is still there that it was promised in. */
  get #promised(): GroupProgress {
    const { cacheId } = this.#parts.kernel;
    if (cacheId !== this.#cacheId) this.#progress.loseCache();
    this.#cacheId = cacheId;
    return this.#progress;
  }

  /** The claim that a process has, or gets; `undefined` if another one has it. */
  #claim(reader: GroupReader): Holding | undefined {
    const holding = this.#held();
    if (holding?.reader === reader) return holding;
    const claim = this.#tryClaim(reader);
    if (claim === undefined) return undefined;
    const { id } = reader.process;
    if (holding !== undefined) {
      const other = holding.reader.process.id;
      throw new BrokenPromise(`claim: processes ${other} and ${id} read as the group`);
    }
    const next = claim.offset ?? 0;
    this.#parts.kernel.note(`process ${id} reads as the group from ${next}`);
    this.#promised.check("the group goes on at", next);
    if (!this.areErrorsExpected) this.#promised.settle(next);
    return this.#holding = { reader, claim, next };
  }

  #tryClaim({ store, process }: GroupReader): HeldClaim | undefined {
    try {
      return innerPortOf(store).claim({ group: GROUP, topic: this.#topic, queueId: 0 });
    } catch (error) {
      if (!StoreError.is(error, "GROUP_BUSY")) throw error;
      if (this.#held() !== undefined) return undefined;
      throw new BrokenPromise(`claim: process ${process.id} is refused what nobody has`);
    }
  }

  /** A right ends with its process. */
  #held(): Holding | undefined {
    return this.#holding?.reader.process.alive ? this.#holding : undefined;
  }

  /** What is durable once a store has written all progress that it knows. */
  #owedBy({ store, isWriter }: GroupReader): number {
    const told = this.#told.get(store) ?? 0;
    // A writer takes over what is in the files, as far as it can read them.
    const takesOver = isWriter && !this.areErrorsExpected;
    return takesOver ? Math.max(told, this.#promised.least) : told;
  }

  /** What a broker would find in the page cache. */
  #readFile(): number {
    const { kernel, root } = this.#parts;
    const file = kernel.file(`${root}/config/consumerOffset.json`);
    const bytes = new Uint8Array(file.byteLength);
    file.copyOut(0, bytes);
    const [, queues = ""] = new TextDecoder().decode(bytes).split(`"${this.#topic}@${GROUP}":{`);
    return Number(/\b0:(\d+)/.exec(queues)?.[1] ?? 0);
  }
}

function tellOf(store: Store): number | undefined {
  return store.groups().find(({ group }) => group === GROUP)?.offset;
}

/**
 * Sends messages to a store and writes down what it answers.
 *
 * @module
 */
import {
  type AppendResult,
  type Durability,
  innerPortOf,
  type Store,
  StoreError,
} from "../../../storage/mod.ts";
import { isDeath } from "../machine/faults.ts";
import type { StoreGuard } from "./store_guard.ts";
import { numberedBody, type SentMessage } from "./store_ledger.ts";
import type { StoreLifeParts } from "./store_life.ts";

const BATCH_LIMIT = 5;
const LONG_BYTE_LENGTH = 1500;
const SHORT_BYTE_LENGTH = 300;

/** A sender in one life. */
export class StoreSender {
  readonly #parts: StoreLifeParts;
  readonly #guard: StoreGuard;
  readonly #accepted = new Set<SentMessage>();
  #lastRefusal: unknown;
  #hasStoreFailed = false;

  /** Makes one. */
  constructor(parts: StoreLifeParts, guard: StoreGuard) {
    this.#parts = parts;
    this.#guard = guard;
  }

  /** Why the last append that was refused was refused. */
  get lastRefusal(): unknown {
    return this.#lastRefusal;
  }

  /** Whether the store has said that it cannot write any more. */
  get hasStoreFailed(): boolean {
    return this.#hasStoreFailed;
  }

  /**
   * The messages of this life that were acknowledged, or accepted: those that the store owes
   * something.
   */
  taken(): readonly SentMessage[] {
    return this.pending().filter((entry) =>
      entry.state === "acknowledged" || this.#accepted.has(entry)
    );
  }

  /** The messages that wait for an answer, and those of this life that got one. */
  pending(): readonly SentMessage[] {
    const { ledger, boot } = this.#parts;
    return ledger.sent.filter((entry) => entry.boot === boot);
  }

  /** Appends one message. */
  async append(store: Store): Promise<void> {
    const durability = this.#drawDurability();
    const [entry] = this.#draw(1, false);
    const { message } = entry;
    await this.#await([entry], durability, async () => [
      await store.append(message, durability === undefined ? {} : { durability }),
    ]);
  }

  /** Appends some messages that need not stay together. */
  async appendBatch(store: Store): Promise<void> {
    await this.#appendAll(store, false);
  }

  /** Appends some messages of which all are seen, or none. */
  async appendGroup(store: Store): Promise<void> {
    await this.#appendAll(store, true);
  }

  /** Hands a message over without waiting for it. */
  async accept(store: Store): Promise<void> {
    const [entry] = this.#draw(1, false);
    await this.#await([entry], undefined, async () => {
      await innerPortOf(store).accept(entry.message);
      this.#accepted.add(entry);
      return undefined;
    });
  }

  /** Decides whether a refusal was called for. Throws if not. */
  judge(what: string, error: unknown): void {
    if (isDeath(error) || !this.#parts.process.alive) return;
    this.#lastRefusal = error;
    this.#hasStoreFailed ||= StoreError.is(error, "DURABILITY_LOST");
    this.#guard.judge(what, error);
  }

  async #appendAll(store: Store, atomic: boolean): Promise<void> {
    const durability = this.#drawDurability();
    const entries = this.#draw(1 + this.#parts.choices.draw(BATCH_LIMIT), atomic);
    const messages = entries.map(({ message }) => message);
    const options = { atomic, ...durability !== undefined && { durability } };
    await this.#await(entries, durability, () => store.appendAll(messages, options));
  }

  async #await(
    entries: readonly SentMessage[],
    durability: Durability | undefined,
    work: () => Promise<Iterable<AppendResult> | undefined>,
  ): Promise<void> {
    const { kernel, process, ledger, plan, onRejected } = this.#parts;
    const what = `append ${entries.map(({ number }) => number)}`;
    let places: readonly AppendResult[] | undefined;
    try {
      const results = await work();
      places = results && [...results];
    } catch (error) {
      this.judge(what, error);
      // An answer that came too late for the process to hear is one all the same.
      if (isDeath(error)) return;
      for (const entry of entries) entry.state = "rejected";
      onRejected(entries.length);
      return;
    }
    if (!process.alive || places === undefined) return;
    const reached = durability ?? plan.store.durability!;
    kernel.note(`${what}: ${reached} at ${places.map(({ position }) => position)}`);
    entries.forEach((entry, at) => ledger.acknowledge(entry, places[at], reached));
  }

  #drawDurability(): Durability | undefined {
    return this.#parts.choices.pick([undefined, "flushed", "committed"] as const);
  }

  #draw(count: number, atomic: boolean): SentMessage[] {
    const { choices, ledger, plan, boot, kernel } = this.#parts;
    const { topics, queueCount, keys } = plan.places;
    const group = atomic && count > 1 ? ledger.sent.length + 1 : undefined;
    const entries = Array.from({ length: count }, () => {
      const number = ledger.sent.length + 1;
      const isLong = count === 1 && choices.chance(1, 4);
      const free = choices.draw(isLong ? LONG_BYTE_LENGTH : SHORT_BYTE_LENGTH);
      const message = {
        topic: choices.pick(topics),
        queueId: choices.draw(queueCount),
        body: numberedBody(number, plan.fixedByteLength || free),
        ...choices.chance(1, 3) && { keys: choices.pick(keys) },
        ...choices.chance(1, 6) && { tags: "t" },
      };
      return ledger.enter(boot, message, group);
    });
    const words = entries.map(({ number, message }) =>
      `${number} to ${message.topic}/${message.queueId}, ${message.body.length} bytes`
    );
    kernel.note(`append ${atomic ? "as a group " : ""}${words.join("; ")}`);
    return entries;
  }
}

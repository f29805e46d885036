/**
 * A store whose durability can be held up, so that a test sees who waits for it without measuring
 * time.
 *
 * @module
 */
import {
  type AppendAllResult,
  type BodyIntake,
  type Durability,
  innerPortOf,
  type Message,
  type MessageFrame,
  type ReachedOptions,
  type Store,
} from "../../storage/mod.ts";
import { interceptStore } from "./intercepted_store.ts";

/** What somebody waits for. */
export interface HeldWait {
  /** How durable it is to be. */
  readonly durability: Durability;
  /** How many messages, if it is a batch that was handed over. */
  readonly count?: number;
}

/**
 * A store whose port answers `reached()` and those who take a batch only when it is let.
 */
export class HeldStore {
  /** The same store, to be handed to what is tested. */
  readonly store: Store;
  readonly #real: Store;
  readonly #held: readonly Durability[];
  #release: PromiseWithResolvers<void> = Promise.withResolvers();
  #asked: PromiseWithResolvers<HeldWait> = Promise.withResolvers();

  /** Holds `real` up from the beginning, for those who wait for a durability of `held`. */
  constructor(real: Store, held: readonly Durability[] = ["committed", "flushed"]) {
    this.#real = real;
    this.#held = held;
    this.store = interceptStore(real, {
      reached: (position, options) => this.#reached(position, options),
      appendAllNow: (messages) => this.#appendAllNow(messages),
      bodies: (frame) => this.#bodies(frame),
    });
  }

  /** Settles when somebody waits, with what for. */
  get asked(): Promise<HeldWait> {
    return this.#asked.promise;
  }

  /** Lets everybody go on who waits, and all who come later. */
  release(): void {
    this.#release.resolve();
  }

  /** Fails everybody who waits, and all who come later. */
  fail(error: Error): void {
    this.#release.promise.catch(() => undefined);
    this.#release.reject(error);
  }

  async #reached(position: number, options: ReachedOptions = {}): Promise<void> {
    await this.#hold({ durability: options.durability ?? "flushed" });
    await innerPortOf(this.#real).reached(position, options);
  }

  async #appendAllNow(messages: readonly Message[]): Promise<AppendAllResult> {
    const appended = innerPortOf(this.#real).appendAllNow(messages);
    await this.#hold({ durability: "committed", count: messages.length });
    return await appended;
  }

  #bodies(frame: MessageFrame): BodyIntake {
    const intake = innerPortOf(this.#real).bodies(frame);
    return {
      accept: (body) => intake.accept(body),
      acceptAll: async (bodies) => {
        const accepted = intake.acceptAll(bodies);
        await this.#hold({ durability: "committed", count: bodies.length });
        return await accepted;
      },
    };
  }

  async #hold(wait: HeldWait): Promise<void> {
    if (!this.#held.includes(wait.durability)) return;
    this.#asked.resolve(wait);
    await this.#release.promise;
  }
}

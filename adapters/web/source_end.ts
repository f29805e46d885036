/**
 * How a source ends: at its end, by cancel, by its signal, by a failure, by disposal.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";
import type { SourceCore } from "../core/mod.ts";

/** Ties what a source reads by to its stream. */
export class SourceEnd {
  /** What the source reads by. */
  readonly core: SourceCore;
  readonly #signal: AbortSignal | undefined;
  #controller: ReadableStreamDefaultController<StoredMessage> | undefined;
  #onAbort: (() => void) | undefined;
  #isPulling = false;

  /** Knows its stream from {@linkcode listen} on. */
  constructor(core: SourceCore, signal: AbortSignal | undefined) {
    this.core = core;
    this.#signal = signal;
  }

  /** Starts to listen to the signal. */
  listen(controller: ReadableStreamDefaultController<StoredMessage>): void {
    this.#controller = controller;
    const signal = this.#signal;
    if (signal === undefined) return;
    this.#onAbort = () => {
      controller.error(signal.reason);
      this.stop();
    };
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether the stream has, or is about to have, a message that nobody has read. */
  get isAhead(): boolean {
    return this.#isPulling || (this.#controller?.desiredSize ?? 0) < 0;
  }

  /** Hands one message to the stream. */
  async pull(controller: ReadableStreamDefaultController<StoredMessage>): Promise<void> {
    this.#isPulling = true;
    try {
      const message = await this.next();
      if (message !== undefined) controller.enqueue(message);
    } finally {
      this.#isPulling = false;
    }
  }

  /** The next message; without one the stream has ended, and it knows whether well. */
  async next(): Promise<StoredMessage | undefined> {
    try {
      const message = await this.core.next();
      if (message === undefined) this.#finish();
      return message;
    } catch (error) {
      this.#controller?.error(error);
      this.stop();
      throw error;
    }
  }

  /** Ends the stream in order, if it has not ended. */
  close(): void {
    const controller = this.#controller;
    this.stop();
    controller?.close();
  }

  /** Gives everything back. */
  stop(): void {
    this.#forget();
    this.core.stop();
  }

  #finish(): void {
    const controller = this.#controller;
    this.#forget();
    controller?.close();
  }

  #forget(): void {
    this.#controller = undefined;
    if (this.#onAbort) this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

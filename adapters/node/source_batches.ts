/**
 * A topic as batches of bodies: what `node:stream/iter` calls a source.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import {
  DoneIterator,
  type IteratedStream,
  SOURCE_DOOR,
  SourceCore,
  type SourceOptions,
} from "../core/mod.ts";
import { StreamSignal } from "./stream_signal.ts";

/**
 * Iterates over the bodies of a topic in batches: what is in memory at once comes at once.
 *
 * It is a source for `from()`, `pull()` and `pipeTo()` of `node:stream/iter` (experimental in Node 26, behind
 * `--experimental-stream-iter`), and imports nothing of it, so `for await` goes through it on every runtime. With a `group`, asking
 * for the next batch commits the one before.
 *
 * @example Batches
 * ```ts
 * import { openStore } from "@streambed/log";
 * import { sourceBatches } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore("./node-batches");
 * await store.appendAll(["one", "two"].map((body) => ({ topic: "orders", body })));
 *
 * for await (const bodies of sourceBatches(store, "orders")) {
 *   assert.deepEqual(bodies, [new TextEncoder().encode("one"), new TextEncoder().encode("two")]);
 * }
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group and the rest.
 * @returns An iterator, to be used once. Leaving the loop gives the group back.
 * @throws What {@linkcode source} throws.
 */
export function sourceBatches(
  store: Store,
  topic: string,
  options: SourceOptions = {},
): AsyncIterableIterator<Uint8Array[]> {
  checkCall(SOURCE_DOOR, store, topic, options);
  options.signal?.throwIfAborted();
  const core = new SourceCore(store, topic, options);
  return new DoneIterator(new IteratedBatches(core, options.signal), false);
}

/** Takes batches past any stream. */
class IteratedBatches implements IteratedStream<Uint8Array[]> {
  readonly #core: SourceCore;
  readonly #signal: StreamSignal;
  #error: Error | undefined;
  #messages: StoredMessage[] = [];

  constructor(core: SourceCore, signal: AbortSignal | undefined) {
    this.#core = core;
    this.#signal = new StreamSignal(signal, (error) => {
      this.#error = error;
      core.stop();
    });
  }

  async take(): Promise<Uint8Array[] | undefined> {
    this.#messages = [];
    let message = this.#core.ready() ?? await this.#core.next();
    if (this.#error !== undefined) throw this.#error;
    while (message !== undefined) {
      this.#messages.push(message);
      message = this.#core.ready();
    }
    return this.#messages.length === 0 ? undefined : this.#messages.map(({ body }) => body);
  }

  done(): void {
    if (this.#core.isStopped) return;
    for (const message of this.#messages) this.#core.done(message);
  }

  leave(): void {
    this.#core.stop();
  }

  release(): void {
    this.#signal.forget();
    this.#core.stop();
  }
}

/**
 * What a stream or an iterator of typed messages hands out.
 *
 * @module
 */
import { type Door, dropPromise } from "../../storage/arguments/mod.ts";
import type { StoredMessage } from "../../storage/mod.ts";
import { DONE_DOOR, type MessageFeed, type SourceCore } from "../core/mod.ts";
import type { Opened, Opener } from "./skipping.ts";
import type { TypedMessage } from "./types.ts";

/** Messages with their values, of a source; one whose value does not fit may be passed over. */
export class TypedFeed<Out> implements MessageFeed<TypedMessage<Out>> {
  readonly core: SourceCore;
  /** It looks at what all messages have. */
  readonly doneDoor: Door<[message: TypedMessage<Out>]> = DONE_DOOR as unknown as Door<
    [message: TypedMessage<Out>]
  >;
  readonly #opener: Opener<Out>;
  /** What `ready()` has begun and could not hand out, because it takes time or fails. */
  #begun: Promise<Opened<Out>> | undefined;

  constructor(core: SourceCore, opener: Opener<Out>) {
    this.core = core;
    this.#opener = opener;
  }

  get skippedCount(): number {
    return this.#opener.skippedCount;
  }

  ready(): Opened<Out> {
    if (this.#begun !== undefined) return undefined;
    for (let message = this.core.ready(); message !== undefined; message = this.core.ready()) {
      try {
        const opened = this.#open(message);
        if (opened instanceof Promise) return this.#begin(opened);
        if (opened !== undefined) return opened;
      } catch (error) {
        // The stream is told of a failure by next() alone, and gives the group back then.
        return this.#begin(Promise.reject(error));
      }
    }
    return undefined;
  }

  async next(): Promise<Opened<Out>> {
    const begun = this.#begun;
    this.#begun = undefined;
    let opened = await begun;
    while (opened === undefined) {
      const message = await this.core.next();
      if (message === undefined) return undefined;
      const opening = this.#open(message);
      opened = opening instanceof Promise ? await opening : opening;
    }
    return this.core.isStopped ? undefined : opened;
  }

  done(message: TypedMessage<Out>): void {
    this.core.done(message);
  }

  /** A batch that is complete without it may be worked on for long before it is asked for. */
  #begin(opened: Promise<Opened<Out>>): undefined {
    dropPromise(opened);
    this.#begun = opened;
  }

  #open(message: StoredMessage): Opened<Out> | Promise<Opened<Out>> {
    const opened = this.#opener.open(message);
    return opened instanceof Promise
      ? opened.then((settled) => this.#orPass(message, settled))
      : this.#orPass(message, opened);
  }

  #orPass(message: StoredMessage, opened: Opened<Out>): Opened<Out> {
    if (opened === undefined) this.core.pass(message);
    return opened;
  }
}

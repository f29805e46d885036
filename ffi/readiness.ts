/**
 * Waiting without end for descriptors that can be read: any number of waits, and at most one
 * thread.
 *
 * A runtime has few threads for calls that block (Deno 32, Node 4), and syncs need them too. So all
 * waits share one epoll set; the runtime's event loop waits for it if it can, else one thread.
 *
 * @module
 */
import type { CallContext } from "./call_context.ts";
import { type Errno, failed, type Outcome } from "./errno.ts";
import type { Descriptor } from "./libc.ts";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN } from "./linux_abi.ts";
import { EPOLL_EVENT, type EpollEventLayout } from "./linux_structs.ts";

const EVENT_COUNT = 64;

export type WaitReadable = (descriptor: Descriptor) => Promise<Outcome>;

type Waiter = (outcome: Outcome) => void;

/** The waits of one libc; they hold one descriptor while there are any. */
export class ReadinessWaits {
  readonly #context: CallContext;
  readonly #waitReadable: WaitReadable;
  readonly #layout: EpollEventLayout;
  readonly #waiters = new Map<Descriptor, Waiter[]>();
  #set: Descriptor | undefined;

  constructor(context: CallContext, waitReadable: WaitReadable) {
    this.#context = context;
    this.#waitReadable = waitReadable;
    this.#layout = EPOLL_EVENT[context.architecture];
  }

  /**
   * Waits until a descriptor can be read, and gives 1; a file or a directory always can. It must
   * stay open until then.
   */
  wait(descriptor: Descriptor): Promise<Outcome> {
    const failure = this.#add(descriptor);
    if (failure !== undefined) {
      if (this.#waiters.size === 0) this.#closeSet();
      return Promise.resolve(failure.code === "EPERM" ? 1 : failure);
    }

    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const isFirst = this.#waiters.size === 0;
    this.#waiters.set(descriptor, [...this.#waiters.get(descriptor) ?? [], resolve]);
    if (isFirst) void this.#serve();
    return promise;
  }

  #add(descriptor: Descriptor): Errno | undefined {
    const set = this.#openSet();
    if (failed(set)) return set;
    const added = this.#control(set, EPOLL_CTL_ADD, descriptor);
    // EEXIST: another wait has added it.
    return failed(added) && added.code !== "EEXIST" ? added : undefined;
  }

  #openSet(): Outcome<Descriptor> {
    if (this.#set !== undefined) return this.#set;
    const { calls, opened } = this.#context;
    const made = this.#context.retried("epoll_create1", () => calls.epoll_create1(EPOLL_CLOEXEC));
    const set = opened.add(made);
    if (!failed(set)) this.#set = set;
    return set;
  }

  #closeSet(): void {
    if (this.#set !== undefined) this.#context.opened.close(this.#set);
    this.#set = undefined;
  }

  #control(set: Descriptor, operation: number, descriptor: Descriptor): Outcome {
    const event = new Uint8Array(this.#layout.byteLength);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setInt32(this.#layout.data, descriptor, true);
    return this.#context.retried(
      "epoll_ctl",
      () => this.#context.calls.epoll_ctl(set, operation, descriptor, event),
    );
  }

  /** Waits for the set as long as there are waits. */
  async #serve(): Promise<void> {
    while (this.#set !== undefined && this.#waiters.size > 0) {
      const ready = await this.#waitReadable(this.#set);
      if (failed(ready)) this.#giveUp(ready);
      else this.#tellReady(this.#set);
    }
    this.#closeSet();
  }

  #giveUp(failure: Errno): void {
    for (const waiters of this.#waiters.values()) {
      for (const tell of waiters) tell(failure);
    }
    this.#waiters.clear();
  }

  #tellReady(set: Descriptor): void {
    const { byteLength, data } = this.#layout;
    const events = new Uint8Array(EVENT_COUNT * byteLength);
    const count = this.#context.retried(
      "epoll_wait",
      () => this.#context.calls.epoll_wait(set, events, EVENT_COUNT, 0),
    );
    if (failed(count)) return this.#giveUp(count);

    const view = new DataView(events.buffer);
    for (let index = 0; index < count; index++) {
      const descriptor = view.getInt32(index * byteLength + data, true);
      this.#control(set, EPOLL_CTL_DEL, descriptor);
      for (const tell of this.#waiters.get(descriptor) ?? []) tell(1);
      this.#waiters.delete(descriptor);
    }
  }
}

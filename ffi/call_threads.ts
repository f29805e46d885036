/**
 * Threads for calls that block, where the runtime's FFI has none (Bun).
 *
 * A thread makes one call at a time. Calls that may wait for ever get a thread each; the others
 * share a few, so that syncs of many files do not start a thread for every file.
 *
 * @module
 */

export type ThreadArgument = number | bigint;

/** A call on another thread; addresses are numbers, and no buffers pass. */
export interface ThreadCall {
  readonly name: string;
  readonly parameters: readonly ThreadArgument[];
  readonly waits: boolean;
}

export interface CallThread {
  /**
   * Makes a call; none is under way on this thread.
   *
   * @returns `undefined` if the thread died.
   * @throws If the call could not be handed over; the thread is not used again.
   */
  run(call: ThreadCall): Promise<number | undefined>;
  /** Ends the thread, which is idle or dead. */
  end(): void;
}

interface QueuedCall {
  readonly call: ThreadCall;
  readonly settle: (result: number) => void;
  readonly fail: (reason: unknown) => void;
}

/** As many as Node has for its files. Syncs that wait together are merged by the file system. */
const SHARED_THREAD_COUNT = 4;

/** The threads of one libc; none starts before the first call. */
export class CallThreads {
  readonly #start: () => CallThread;
  readonly #idle: CallThread[] = [];
  readonly #queue: QueuedCall[] = [];
  #sharedBusy = 0;

  constructor(start: () => CallThread) {
    this.#start = start;
  }

  /**
   * Makes a call on another thread; -1 also if the thread died.
   *
   * @throws What starting a thread throws, or handing the call over to it.
   */
  run(call: ThreadCall): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const queued = { call, settle: resolve, fail: reject };
    if (call.waits || this.#sharedBusy < SHARED_THREAD_COUNT) this.#begin(queued);
    else this.#queue.push(queued);
    return promise;
  }

  #begin(queued: QueuedCall): void {
    this.#serve(queued).catch(queued.fail);
  }

  async #serve(first: QueuedCall): Promise<void> {
    const thread = this.#idle.pop() ?? this.#start();
    const isShared = !first.call.waits;
    if (isShared) this.#sharedBusy++;

    let alive = true;
    for (let next: QueuedCall | undefined = first; next !== undefined && alive;) {
      alive = await this.#make(thread, next);
      next = isShared && alive ? this.#queue.shift() : undefined;
    }
    if (isShared) this.#sharedBusy--;
    if (alive) this.#release(thread);
    else thread.end();
    this.#goOn();
  }

  /** Makes a call; tells whether its thread is good for another. */
  async #make(thread: CallThread, { call, settle, fail }: QueuedCall): Promise<boolean> {
    try {
      const result = await thread.run(call);
      settle(result ?? -1);
      return result !== undefined;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  #release(thread: CallThread): void {
    if (this.#idle.length < SHARED_THREAD_COUNT) this.#idle.push(thread);
    else thread.end();
  }

  /** Gives another thread the calls that a dead one would have taken. */
  #goOn(): void {
    while (this.#queue.length > 0 && this.#sharedBusy < SHARED_THREAD_COUNT) {
      const next = this.#queue.shift();
      if (next !== undefined) this.#begin(next);
    }
  }
}

/**
 * Threads for calls that block, where the runtime's FFI has none of its own (Bun).
 *
 * A thread makes one call at a time. Waiting calls, which may take for ever, get a thread each; the others
 * share a few, so that syncs of many files do not start a thread for every file.
 *
 * @module
 */

/** What is passed to another thread: numbers, addresses as `bigint` or number, and no buffers. */
export type ThreadArgument = number | bigint;

/** A call on another thread. */
export interface ThreadCall {
  /** Name of the function. */
  readonly name: string;
  /** What it is called with. */
  readonly parameters: readonly ThreadArgument[];
  /** Whether it may take for ever. */
  readonly waits: boolean;
}

/** One thread. */
export interface CallThread {
  /**
   * Makes a call. There is none under way on this thread.
   *
   * @returns What it gave; `undefined` if the thread died.
   * @throws If the call could not be handed over. The thread is not used again.
   */
  run(call: ThreadCall): Promise<number | undefined>;
  /** Ends the thread, which does nothing at this moment, or is dead. */
  end(): void;
}

interface QueuedCall {
  readonly call: ThreadCall;
  readonly settle: (result: number) => void;
  readonly fail: (reason: unknown) => void;
}

/** As many as Node has for its files. Syncs that wait together are put into one by the file system. */
const SHARED_THREAD_COUNT = 4;

/** The threads of one libc. None is started before the first call. */
export class CallThreads {
  readonly #start: () => CallThread;
  readonly #idle: CallThread[] = [];
  readonly #queue: QueuedCall[] = [];
  #sharedBusy = 0;

  /** Prepares the threads. */
  constructor(start: () => CallThread) {
    this.#start = start;
  }

  /**
   * Makes a call on another thread.
   *
   * @returns What it gave; -1 also if its thread died.
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

  /** Makes a call. Gives whether its thread is good for another. */
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

  /** After the death of a thread somebody else has to take what it would have taken. */
  #goOn(): void {
    while (this.#queue.length > 0 && this.#sharedBusy < SHARED_THREAD_COUNT) {
      const next = this.#queue.shift();
      if (next !== undefined) this.#begin(next);
    }
  }
}

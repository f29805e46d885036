/**
 * A stream job that counts every message exactly once, through crashes.
 *
 * @module
 */
import { checkCall, dropPromise, isPromise } from "../../storage/arguments/mod.ts";
import { checkpointTopic, takeMessage } from "../../storage/layout/mod.ts";
import {
  alreadyEnded,
  argumentError,
  type InnerPort,
  innerPortOf,
  type Message,
  queueName,
  readOnlyStore,
  type StoredMessage,
  type Turns,
  turnsOf,
} from "../../storage/mod.ts";
import { type Checkpoint, type Checkpoints, openCheckpoints } from "../checkpoint/mod.ts";
import { RunStop, TopicReader } from "../core/mod.ts";
import { JobMirror } from "./job_mirror.ts";
import { JobOffsets } from "./job_offsets.ts";
import type { JobOptions, JobResult } from "./options.ts";
import { CHECKPOINT_COUNT, CHECKPOINT_MS, JOB_DOOR } from "./rules.ts";

/** What a record needs beside its body and properties, generously. */
const RECORD_OVERHEAD = 512;
const UTF8_MAX = 3;

/**
 * Runs a job: reads a topic, keeps a state, writes outputs. Every message takes effect exactly
 * once, whatever dies in between, because outputs, offsets and state are saved in one atomic step,
 * and a job that starts again goes on from the newest one.
 *
 * It sees only what is on the disk, so it never gets ahead of a log that loses its tail. The source
 * may belong to another process: open it with `readOnly`, and give the job a store of its own for
 * outputs and checkpoints. In the store that it reads, the job's progress is also shown as group
 * `STREAMBED_JOB_<name>`, and retention waits for it.
 *
 * @example Usage
 * ```ts ignore
 * await job({
 *   name: "wordcount",
 *   source: { store, topic: "lines" },
 *   store,
 *   initialState: () => new Map<string, number>(),
 *   process(message, { state: counts, emit }) {
 *     for (const word of message.text().split(" ")) {
 *       const count = (counts.get(word) ?? 0) + 1;
 *       counts.set(word, count);
 *       emit({ topic: "counts", keys: word, body: `${count}` });
 *     }
 *   },
 * });
 * ```
 *
 * @typeParam State What the job keeps: bytes, or plain data, `Map`, `Set` and the like among it.
 * @typeParam M What `process` is given: a message, with its value if the source is a typed topic.
 * @param options What to read, what to do, when to save.
 * @returns What was done, when the source has ended; never if it follows.
 * @throws {TypeError} If an option is unknown, of the wrong type, or left out though required.
 * @throws {RangeError} If a number is out of range.
 * @throws {StoreError<"CHECKPOINT_AHEAD">} If the newest checkpoint is ahead of the source.
 * @throws {StoreError<"GROUP_BUSY">} If a job of this name runs already, in any process.
 * @throws {StoreError<"PERMISSION_DENIED">} If it may not write into `streambed/groups` of a source
 * that was opened with `readOnly`.
 * @throws {StoreError<"READ_ONLY">} If the job's own store was opened with `readOnly`.
 * @throws {StoreError<"CLOSED">} If a store is closed while the job runs.
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If the state needs more than half a segment, or the
 * outputs of one message do not fit beside it.
 * @throws {StoreError<"INVALID_VALUE">} If a value of a typed topic does not fit.
 * @throws What `process` throws. Nothing since the last checkpoint is kept then.
 * @throws The reason of `signal`, after saving; without saving if a message was under way and did
 * not end.
 */
export async function job<State, M = StoredMessage>(
  options: JobOptions<State, M>,
): Promise<JobResult<State>> {
  checkCall(JOB_DOOR, options as unknown as JobOptions<unknown, unknown>);
  options.signal?.throwIfAborted();
  if (options.store.info.role === "reader") throw readOnlyStore(`run job ${options.name}`);
  const checkpoints = await openCheckpoints<State>(options.store, options.name);
  const mirror = new JobMirror(options.source, checkpointTopic(options.name));
  const stop = new RunStop({
    action: `run job ${options.name}`,
    stores: [options.store, options.source.store],
    signal: options.signal,
  });
  try {
    const last = await checkpoints.newest();
    return await new JobRun(options, { checkpoints, mirror, stop }, last).run();
  } finally {
    stop.release();
    mirror.release();
    await checkpoints[Symbol.asyncDispose]();
  }
}

interface JobParts<State> {
  readonly checkpoints: Checkpoints<State>;
  readonly mirror: JobMirror;
  readonly stop: RunStop;
}

class JobRun<State, M> {
  readonly #options: JobOptions<State, M>;
  readonly #parts: JobParts<State>;
  readonly #offsets: JobOffsets;
  readonly #reader: TopicReader;
  readonly #port: InnerPort;
  readonly #turns: Turns;
  #state: State;
  #checkpointId: number;
  #messageCount = 0;
  #skippedCount = 0;
  /** Since the last checkpoint. */
  #unsavedCount = 0;
  #unsavedSince = 0;
  #outputs: Message[] = [];
  #outputByteLength = 0;

  constructor(
    options: JobOptions<State, M>,
    parts: JobParts<State>,
    last: Checkpoint<State> | undefined,
  ) {
    const { name, source: { store, topic } } = options;
    this.#options = options;
    this.#port = innerPortOf(options.store);
    this.#turns = turnsOf(this.#port);
    this.#parts = parts;
    this.#offsets = new JobOffsets(topic, last?.offsets);
    this.#offsets.checkBehind(name, store);
    this.#reader = new TopicReader(store, topic, {
      ...options,
      visibility: "flushed",
      resume: ({ queueId }) => this.#offsets.get(queueId),
      onQueue: (queueId, start) => parts.mirror.add(queueId, start),
    });
    this.#state = last ? last.state : initialStateOf(options);
    this.#checkpointId = last?.id ?? 0;
  }

  async run(): Promise<JobResult<State>> {
    const { follow = true, source, signal } = this.#options;
    if (!follow) await innerPortOf(source.store).deliverDue({ signal });
    while (!signal?.aborted) {
      const messages = await this.#take();
      for (const message of messages) {
        if (this.#turns.isDue()) await this.#turns.pause();
        if (signal?.aborted) break;
        await this.#process(message);
        if (this.#isDue()) await this.#save();
      }
      if (messages.length > 0) continue;
      if (!follow) break;
      await this.#wait();
      if (this.#isDue()) await this.#save();
    }
    await this.#save();
    signal?.throwIfAborted();
    return {
      state: this.#state,
      messageCount: this.#messageCount,
      skippedCount: this.#skippedCount,
      checkpointId: this.#checkpointId,
    };
  }

  /** The next messages that are there; none once the job is to end. */
  async #take(): Promise<StoredMessage[]> {
    const { signal } = this.#options;
    try {
      return await this.#reader.take(signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      return [];
    }
  }

  async #process(message: StoredMessage): Promise<void> {
    const opening = this.#open(message);
    const opened = isPromise(opening) ? await this.#parts.stop.until(opening) : opening;
    if (opened === undefined) this.#skippedCount++;
    else await this.#handle(opened, message);
    this.#offsets.set(message.queueId, message.nextOffset);
    if (this.#unsavedCount === 0) this.#unsavedSince = this.#port.clock.monotonic();
    this.#unsavedCount++;
  }

  /** What the job is given of a message; `undefined` if that is passed over. */
  #open(message: StoredMessage): M | undefined | Promise<M | undefined> {
    const { source } = this.#options;
    return source.decode === undefined ? message as M : source.decode(message);
  }

  async #handle(opened: M, message: StoredMessage): Promise<void> {
    let isOver = false;
    const emit = (output: Message) => {
      if (isOver) throw lateEmit(message);
      this.#emit(output);
    };
    let state: State | void;
    try {
      const context = { state: this.#state, emit, signal: this.#parts.stop.signal };
      const result = this.#options.process(opened, context);
      state = isPromise(result) ? await this.#parts.stop.until(result) : result;
    } finally {
      isOver = true;
    }
    if (state !== undefined) this.#state = state;
    this.#messageCount++;
  }

  #emit(output: Message): void {
    // It waits for the next checkpoint, and is the caller's again when the call returns.
    const taken = takeMessage(output);
    this.#outputs.push(taken);
    this.#outputByteLength += estimateByteLength(taken);
  }

  #isDue(): boolean {
    if (this.#unsavedCount === 0) return false;
    const { count = CHECKPOINT_COUNT } = this.#options.checkpointEvery ?? {};
    const room = this.#options.store.info.geometry.segmentByteLength / 4;
    return this.#unsavedCount >= count || this.#outputByteLength >= room || this.#leftMs() <= 0;
  }

  #leftMs(): number {
    const { ms = CHECKPOINT_MS } = this.#options.checkpointEvery ?? {};
    return this.#unsavedSince + ms - this.#port.clock.monotonic();
  }

  async #save(): Promise<void> {
    if (this.#unsavedCount === 0) return;
    const offsets = this.#offsets.all;
    await this.#parts.mirror.known();
    const state = this.#state;
    const { id } = await this.#parts.checkpoints.save({ offsets, state, outputs: this.#outputs });
    this.#checkpointId = id;
    this.#outputs = [];
    this.#outputByteLength = 0;
    this.#unsavedCount = 0;
    this.#parts.mirror.done(this.#offsets);
  }

  /** Until there is more to read, or something to save, or the job is to end. */
  async #wait(): Promise<void> {
    const { signal } = this.#options;
    const due = new AbortController();
    const timer = this.#unsavedCount > 0
      ? this.#port.timers.after(Math.max(0, this.#leftMs()), () => due.abort())
      : undefined;
    const end = signal ? AbortSignal.any([signal, due.signal]) : due.signal;
    try {
      await this.#reader.wait(end);
    } catch (error) {
      if (!end.aborted) throw error;
    } finally {
      timer?.cancel();
    }
  }
}

function initialStateOf<State>(
  { name, initialState }: Pick<JobOptions<State>, "name" | "initialState">,
): State {
  const state = initialState();
  if (!dropPromise(state)) return state;
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `Cannot run job ${name}: initialState() gave a promise, it must give the state; ` +
      "await what it needs before the job is started",
  );
}

function lateEmit({ topic, queueId, offset }: StoredMessage): Error {
  const state = `message ${offset} of ${queueName(topic, queueId)} is done`;
  const remedy = "emit before process() returns, or before its promise settles";
  return alreadyEnded("emit message", state, remedy);
}

function estimateByteLength({ body, properties, keys, tags }: Message): number {
  let units = (tags ?? "").length + [keys ?? []].flat().join(" ").length;
  const entries = properties instanceof Map ? properties : Object.entries(properties ?? {});
  for (const [name, value] of entries) units += name.length + value.length;
  const bytes = typeof body === "string" ? body.length * UTF8_MAX : body.length;
  return bytes + units * UTF8_MAX + RECORD_OVERHEAD;
}

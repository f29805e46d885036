/**
 * The checkpoints of a job: how far it has got, with its state, in a topic of its own.
 *
 * @module
 */
import { checkCall, type Door } from "../../storage/arguments/mod.ts";
import {
  abortable,
  alreadyEnded,
  type AppendAllResult,
  type HeldClaim,
  innerPortOf,
  type Message,
  messageTooLarge,
  readOnlyStore,
  type Store,
  type WaitOptions,
} from "../../storage/mod.ts";
import { checkpointTopic, takeMessage } from "../../storage/layout/mod.ts";
import { findAll, findNewest, JobRecords, loadCheckpoint, readPayload } from "./checkpoint_log.ts";
import { encodePayload } from "./payload.ts";
import { type CheckpointPlace, formatPlace } from "./place.ts";
import { CHECKPOINTS_DOORS, OPEN_CHECKPOINTS_DOOR } from "./rules.ts";
import { loadComparison } from "./state_brands.ts";
import type {
  Checkpoint,
  CheckpointInput,
  Checkpoints,
  CheckpointsOptions,
  CheckpointSummary,
  SavedCheckpoint,
} from "./types.ts";

/** Longest part of a payload, bytes; also at most a body, and an eighth of a segment. */
const PART_BYTE_LENGTH_MAX = 1024 * 1024;

/**
 * Opens the checkpoints of a job, to save new ones and to go on from the newest.
 *
 * They live in topic `STREAMBED_JOB_<job>` of the store. One part of the process at a time may save
 * those of a job; any number may look.
 *
 * @example Usage
 * ```ts ignore
 * const checkpoints = await openCheckpoints<Map<string, number>>(store, "wordcount");
 * const last = await checkpoints.newest();
 * await checkpoints.save({ offsets: { "lines/0": 17 }, state: new Map([["a", 3]]) });
 * ```
 *
 * @typeParam State What the job keeps. It is not checked against what an older program saved.
 * @param store Store that holds them.
 * @param job Name of the job, 1 to 100 characters of `A-Z a-z 0-9 _ -`.
 * @param options Whether only to look, and a signal.
 * @returns The checkpoints.
 * @throws {TypeError} If `job` is not a job, or an option is unknown or of the wrong type.
 * @throws {StoreError<"GROUP_BUSY">} If another part of the process saves the job's checkpoints.
 * @throws The reason of `signal`.
 */
export async function openCheckpoints<State = unknown>(
  store: Store,
  job: string,
  options: CheckpointsOptions = {},
): Promise<Checkpoints<State>> {
  checkCall(OPEN_CHECKPOINTS_DOOR, store, job, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const topic = checkpointTopic(job);
  const isReadOnly = options.readOnly === true || store.info.role === "reader";
  const claim = isReadOnly
    ? undefined
    : innerPortOf(store).claim({ group: topic, topic, queueId: 0 });
  try {
    if (!isReadOnly) await loadComparison();
    const newest = await findNewest(new JobRecords(store, topic, signal));
    return new JobCheckpoints(store, job, claim, { id: newest?.id ?? 0, keep: newest?.keep });
  } catch (error) {
    claim?.release();
    throw error;
  }
}

/** The newest checkpoint, of which `id` is 0 before the first. */
type Progress = Pick<CheckpointPlace, "id" | "keep">;

class JobCheckpoints<State> implements Checkpoints<State> {
  readonly job: string;
  readonly #topic: string;
  readonly #store: Store;
  readonly #claim: HeldClaim | undefined;
  #progress: Progress;
  #isClosed = false;
  /** The write that is under way, or the last one; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, job: string, claim: HeldClaim | undefined, progress: Progress) {
    this.job = job;
    this.#topic = checkpointTopic(job);
    this.#store = store;
    this.#claim = claim;
    this.#progress = progress;
  }

  async newest(options: WaitOptions = {}): Promise<Checkpoint<State> | undefined> {
    const records = this.#read(CHECKPOINTS_DOORS.newest, options);
    const newest = await findNewest(records);
    return newest?.state === "live" ? await loadCheckpoint(records, newest) : undefined;
  }

  async list(options: WaitOptions = {}): Promise<CheckpointSummary<State>[]> {
    const all = await findAll(this.#read(CHECKPOINTS_DOORS.list, options));
    return all.map((found) => ({
      id: found.id,
      storeTimestamp: found.storeTimestamp,
      byteLength: found.byteLength,
      load: async (options = {}) =>
        await loadCheckpoint<State>(this.#read(CHECKPOINTS_DOORS.load, options), found),
    }));
  }

  async save(input: CheckpointInput<State>, options: WaitOptions = {}): Promise<SavedCheckpoint> {
    checkCall(CHECKPOINTS_DOORS.save, input, options);
    this.#checkWritable("save checkpoint");
    const payload = encodePayload(input);
    const outputs = Array.from(input.outputs ?? [], (output) => takeMessage(output));
    const limit = this.#store.info.geometry.segmentByteLength / 2;
    if (payload.length > limit) throw messageTooLarge("checkpoint", payload.length, limit);

    return await this.#inTurn(options, async () => {
      const id = this.#progress.id + 1;
      const parts = this.#parts(payload, { id, keep: this.#progress.keep, isNewest: true });
      const results = await this.#append([...outputs, ...parts]);
      this.#progress = { ...this.#progress, id };
      this.#tellSaved(id, payload.length);
      return { id, outputs: firstOf(results, outputs.length) };
    });
  }

  async keep(count: number, options: WaitOptions = {}): Promise<void> {
    checkCall(CHECKPOINTS_DOORS.keep, count, options);
    this.#checkWritable("keep checkpoints");
    await this.#inTurn(options, async () => {
      const records = new JobRecords(this.#store, this.#topic, undefined);
      const newest = await findNewest(records);
      if (newest?.state === "live") {
        // As it stands: an older release may have stored what is no longer accepted.
        const payload = await readPayload(records, newest);
        await this.#append(this.#parts(payload, { id: newest.id, keep: count, isNewest: false }));
      }
      this.#progress = { ...this.#progress, keep: count };
    });
  }

  async drop(options: WaitOptions = {}): Promise<void> {
    checkCall(CHECKPOINTS_DOORS.drop, options);
    this.#checkWritable("drop checkpoints");
    await this.#inTurn(options, async () => {
      const newest = await findNewest(new JobRecords(this.#store, this.#topic, undefined));
      if (newest?.state !== "live") return;
      const id = newest.id + 1;
      const place = { id, part: 0, partCount: 1, state: "dropped", byteLength: 0 } as const;
      const properties = formatPlace({ ...place, keep: undefined, isNewest: true });
      await this.#append([{ topic: this.#topic, queueId: 0, body: "", properties }]);
      this.#progress = { id, keep: undefined };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    this.#claim?.release();
  }

  #read(door: Door<[options?: WaitOptions]>, options: WaitOptions): JobRecords {
    checkCall(door, options);
    options.signal?.throwIfAborted();
    return new JobRecords(this.#store, this.#topic, options.signal);
  }

  #parts(
    payload: Uint8Array,
    place: Pick<CheckpointPlace, "id" | "keep" | "isNewest">,
  ): Message[] {
    const { maxBodyByteLength, segmentByteLength } = this.#store.info.geometry;
    const eighth = Math.floor(segmentByteLength / 8);
    const partByteLength = Math.min(maxBodyByteLength, eighth, PART_BYTE_LENGTH_MAX);
    const partCount = Math.ceil(payload.length / partByteLength);
    return Array.from({ length: partCount }, (_, part) => ({
      topic: this.#topic,
      queueId: 0,
      body: payload.subarray(part * partByteLength, (part + 1) * partByteLength),
      properties: formatPlace({
        ...place,
        part,
        partCount,
        state: "live",
        byteLength: payload.length,
      }),
    }));
  }

  #tellSaved(id: number, byteLength: number): void {
    const { events } = innerPortOf(this.#store);
    events.tell("streambed:checkpoint", () => ({ job: this.job, id, byteLength }));
  }

  #append(messages: Message[]): ReturnType<Store["appendAll"]> {
    return this.#store.appendAll(messages, { atomic: true, durability: "flushed" });
  }

  /** The signal ends the wait; work that has begun goes on to its end. */
  #inTurn<Result>({ signal }: WaitOptions, work: () => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    const result = this.#turn.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return abortable(result, signal);
  }

  #checkWritable(action: string): void {
    if (this.#claim === undefined) throw readOnlyStore(`${action} of job ${this.job}`);
    if (!this.#isClosed) return;
    const state = "the checkpoints were disposed of";
    throw alreadyEnded(`${action} of job ${this.job}`, state, "open them again");
  }
}

/** The first results of a batch alone. */
function firstOf(results: AppendAllResult, count: number): AppendAllResult {
  const first = Array.from({ length: count }, (_, index) => results.at(index)!);
  return {
    count,
    endPosition: first.at(-1)?.endPosition ?? 0,
    at: (index) => first.at(index),
    [Symbol.iterator]: () => first.values(),
  };
}

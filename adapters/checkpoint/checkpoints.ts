/**
 * The checkpoints of a job: how far it has got, with its state, in a topic of its own.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import {
  type GroupClaim,
  type Message,
  MessageTooLargeError,
  ReadOnlyError,
  type Store,
} from "../../storage/mod.ts";
import { takeMessage } from "../../storage/layout/mod.ts";
import { findAll, findNewest, JobQueue, loadCheckpoint, readPayload } from "./checkpoint_log.ts";
import { encodePayload } from "./payload.ts";
import { type CheckpointPlace, checkpointTopic, formatPlace } from "./place.ts";
import { KEEP_DOOR, OPEN_CHECKPOINTS_DOOR, SAVE_DOOR } from "./rules.ts";
import { loadComparison } from "./state_brands.ts";
import type {
  Checkpoint,
  CheckpointInput,
  Checkpoints,
  CheckpointsOptions,
  CheckpointSummary,
  SavedCheckpoint,
} from "./types.ts";

/** Longest part of a payload, bytes; also no more than a body may have, and an eighth of a segment. */
const PART_BYTE_LENGTH_MAX = 1024 * 1024;

/**
 * Opens the checkpoints of a job, to save new ones and to go on from the newest.
 *
 * They live in topic `STREAMBED_JOB_<job>` of the store. One part of the process at a time may save those of a
 * job; any number may look.
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
 * @param options Whether only to look.
 * @returns The checkpoints.
 * @throws {TypeError} If `job` is no name of a job, there is no such option, or one has the wrong type.
 * @throws {GroupBusyError} If another part of the process saves the job's checkpoints.
 */
export async function openCheckpoints<State = unknown>(
  store: Store,
  job: string,
  options: CheckpointsOptions = {},
): Promise<Checkpoints<State>> {
  checkCall(OPEN_CHECKPOINTS_DOOR, store, job, options);
  const topic = checkpointTopic(job);
  const isReadOnly = options.readOnly === true || store.info.readOnly;
  const lease = isReadOnly ? undefined : store.acquireGroup(topic, topic, 0);
  try {
    if (!isReadOnly) await loadComparison();
    const newest = await findNewest(new JobQueue(store, topic));
    return new JobCheckpoints(store, job, lease, { id: newest?.id ?? 0, keep: newest?.keep });
  } catch (error) {
    lease?.release();
    throw error;
  }
}

/** What the next record says. */
interface Progress {
  /** Number of the newest checkpoint; 0 before the first. */
  readonly id: number;
  readonly keep: number | undefined;
}

class JobCheckpoints<State> implements Checkpoints<State> {
  readonly job: string;
  readonly topic: string;
  readonly #store: Store;
  readonly #queue: JobQueue;
  readonly #lease: GroupClaim | undefined;
  #progress: Progress;
  #isClosed = false;
  /** The write that is under way, or the last one; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, job: string, lease: GroupClaim | undefined, progress: Progress) {
    this.job = job;
    this.topic = checkpointTopic(job);
    this.#store = store;
    this.#queue = new JobQueue(store, this.topic);
    this.#lease = lease;
    this.#progress = progress;
  }

  async newest(): Promise<Checkpoint<State> | undefined> {
    const newest = await findNewest(this.#queue);
    return newest?.state === "live" ? await loadCheckpoint(this.#queue, newest) : undefined;
  }

  async list(): Promise<CheckpointSummary<State>[]> {
    const all = await findAll(this.#queue);
    return all.map((found) => ({
      id: found.id,
      storeTimestamp: found.storeTimestamp,
      byteLength: found.byteLength,
      load: () => loadCheckpoint<State>(this.#queue, found),
    }));
  }

  async save(input: CheckpointInput<State>): Promise<SavedCheckpoint> {
    checkCall(SAVE_DOOR, input);
    this.#checkWritable("save checkpoint");
    const payload = encodePayload(input);
    const outputs = Array.from(input.outputs ?? [], (output) => takeMessage(output));
    this.#checkByteLength(payload.length);

    return await this.#inTurn(async () => {
      const id = this.#progress.id + 1;
      const parts = this.#parts(payload, { id, keep: this.#progress.keep, isNewest: true });
      const results = await this.#append([...outputs, ...parts]);
      this.#progress = { ...this.#progress, id };
      return { id, outputs: results.slice(0, outputs.length) };
    });
  }

  async keep(count: number): Promise<void> {
    checkCall(KEEP_DOOR, count);
    this.#checkWritable("keep checkpoints");
    await this.#inTurn(async () => {
      const newest = await findNewest(this.#queue);
      if (newest?.state === "live") {
        // As it stands: an older release may have stored what is not taken any more.
        const payload = await readPayload(this.#queue, newest);
        await this.#append(this.#parts(payload, { id: newest.id, keep: count, isNewest: false }));
      }
      this.#progress = { ...this.#progress, keep: count };
    });
  }

  async drop(): Promise<void> {
    this.#checkWritable("drop checkpoints");
    await this.#inTurn(async () => {
      const newest = await findNewest(this.#queue);
      if (newest?.state !== "live") return;
      const id = newest.id + 1;
      const place = { id, part: 0, partCount: 1, state: "dropped", byteLength: 0 } as const;
      const properties = formatPlace({ ...place, keep: undefined, isNewest: true });
      await this.#append([{ topic: this.topic, queueId: 0, body: "", properties }]);
      this.#progress = { id, keep: undefined };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    this.#lease?.release();
  }

  #parts(
    payload: Uint8Array,
    place: Pick<CheckpointPlace, "id" | "keep" | "isNewest">,
  ): Message[] {
    const partByteLength = this.#partByteLength();
    const partCount = Math.ceil(payload.length / partByteLength);
    return Array.from({ length: partCount }, (_, part) => ({
      topic: this.topic,
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

  #partByteLength(): number {
    const { maxBodyByteLength: maxBodyByteLength, segmentByteLength } = this.#store.info.geometry;
    return Math.min(maxBodyByteLength, Math.floor(segmentByteLength / 8), PART_BYTE_LENGTH_MAX);
  }

  #append(messages: Message[]): ReturnType<Store["appendAll"]> {
    return this.#store.appendAll(messages, { atomic: true, durability: "flushed" });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #checkWritable(action: string): void {
    if (this.#lease === undefined) throw new ReadOnlyError(`${action} of job ${this.job}`);
    if (!this.#isClosed) return;
    throw new TypeError(
      `Cannot ${action} of job ${this.job}: the checkpoints were disposed of; open them again`,
    );
  }

  #checkByteLength(byteLength: number): void {
    const limit = this.#store.info.geometry.segmentByteLength / 2;
    if (byteLength > limit) throw new MessageTooLargeError("group", byteLength, limit);
  }
}

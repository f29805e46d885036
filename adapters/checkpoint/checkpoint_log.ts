/**
 * Finding checkpoints in their queue, from its end backwards.
 *
 * A checkpoint that was appended again (saved from retention, to change how many are kept, or
 * copied by an older release) may stand behind a newer one. So the search for the newest goes on
 * until one says that none before it is newer.
 *
 * @module
 */
import {
  damagedLog,
  isOwnMessage,
  type Queue,
  type ReadOptions,
  type Store,
  type StoredMessage,
  type StoreError,
  unsupportedVersion,
} from "../../storage/mod.ts";
import { LOG_FOLDER } from "../../storage/layout/mod.ts";
import { decodePayload, PAYLOAD_FORMAT } from "./payload.ts";
import { type CheckpointPlace, parsePlace } from "./place.ts";
import type { Checkpoint } from "./types.ts";

const BATCH_COUNT = 16;

/**
 * The queue of a job's checkpoints. It holds only what Streambed wrote: a copy that a broker or a
 * client made of a checkpoint is a message like any other.
 */
export class JobQueue {
  readonly #store: Store;
  readonly #queue: Queue;
  readonly #signal: AbortSignal | undefined;

  /** Names the queue, which need not exist; `signal` ends what is read by it. */
  constructor(store: Store, topic: string, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
    this.#queue = store.queue(topic, 0);
  }

  get topic(): string {
    return this.#queue.topic;
  }

  get earliest(): number {
    return this.#queue.earliestOffset;
  }

  get flushedEndOffset(): number {
    return this.#queue.flushedEndOffset;
  }

  /** Reads as {@linkcode Queue.readBatch} does, without what Streambed did not write. */
  async readBatch(options: Pick<ReadOptions, "from" | "limit">): Promise<StoredMessage[]> {
    const signal = this.#signal;
    const messages = await this.#queue.readBatch({ ...options, visibility: "flushed", signal });
    return messages.filter((message) => isOwnMessage(this.#store, message));
  }
}

export interface FoundCheckpoint extends CheckpointPlace {
  /** Of its first record. */
  readonly offset: number;
  /** Of its last record. */
  readonly position: number;
  /** Ms since epoch. */
  readonly storeTimestamp: number;
}

/** Finds the newest checkpoint, or the drop that ended them. */
export async function findNewest(queue: JobQueue): Promise<FoundCheckpoint | undefined> {
  let newest: FoundCheckpoint | undefined;
  for await (const found of backwards(queue)) {
    if (newest === undefined || found.id > newest.id) newest = found;
    if (found.isNewest) return newest;
  }
  return newest;
}

/** Finds all checkpoints since the last drop, newest first. */
export async function findAll(queue: JobQueue): Promise<FoundCheckpoint[]> {
  const byId = new Map<number, FoundCheckpoint>();
  for await (const found of backwards(queue)) {
    if (!byId.has(found.id)) byId.set(found.id, found);
    if (found.state === "dropped" && found.isNewest) break;
  }
  const all = [...byId.values()].sort((a, b) => b.id - a.id);
  const end = all.findIndex(({ state }) => state === "dropped");
  return all.slice(0, Math.min(end < 0 ? all.length : end, all[0]?.keep ?? Infinity));
}

/**
 * Reads what a checkpoint holds.
 *
 * @throws {StoreError<"CORRUPTED">} If parts are missing or cannot be decoded.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If a later release wrote it.
 */
export async function loadCheckpoint<State>(
  queue: JobQueue,
  found: FoundCheckpoint,
): Promise<Checkpoint<State>> {
  const decoded = decodePayload(await readPayload(queue, found));
  if (decoded.kind === "damaged") throw corruption(queue, found, decoded.detail);
  if (decoded.kind === "unsupported") {
    throw unsupportedVersion(queue.topic, "a topic with a checkpoint", {
      version: decoded.format,
      oldest: PAYLOAD_FORMAT,
      newest: PAYLOAD_FORMAT,
    });
  }
  const { offsets, state } = decoded.payload;
  return {
    id: found.id,
    storeTimestamp: found.storeTimestamp,
    offsets,
    state: state as State,
  };
}

async function* backwards(queue: JobQueue): AsyncGenerator<FoundCheckpoint, void> {
  let offset = queue.flushedEndOffset - 1;
  while (offset >= queue.earliest) {
    const found = await findAt(queue, offset);
    if (found) yield found;
    offset -= found?.partCount ?? 1;
  }
}

/** The checkpoint whose last record is at `offset`. */
async function findAt(queue: JobQueue, offset: number): Promise<FoundCheckpoint | undefined> {
  const last = await readAt(queue, offset);
  const place = last && parsePlace(last.properties);
  if (!last || !place || place.part !== place.partCount - 1) return undefined;
  const firstOffset = offset - place.part;
  if (place.part > 0) {
    const first = firstOffset < queue.earliest ? undefined : await readAt(queue, firstOffset);
    const start = first && parsePlace(first.properties);
    if (start?.id !== place.id || start.part !== 0) return undefined;
  }
  const { position, storeTimestamp } = last;
  return { ...place, offset: firstOffset, position, storeTimestamp };
}

async function readAt(queue: JobQueue, offset: number): Promise<StoredMessage | undefined> {
  const [message] = await queue.readBatch({ from: offset, limit: 1 });
  // The store passes over a hidden record.
  return message?.offset === offset ? message : undefined;
}

/** Reads a checkpoint's payload, as it was stored. */
export async function readPayload(queue: JobQueue, found: FoundCheckpoint): Promise<Uint8Array> {
  const bytes = new Uint8Array(found.byteLength);
  let at = 0;
  for (let part = 0; part < found.partCount;) {
    const limit = Math.min(BATCH_COUNT, found.partCount - part);
    const from = found.offset + part;
    const messages = await queue.readBatch({ from, limit });
    if (messages.length === 0) throw corruption(queue, found, `part ${part} is missing`);
    for (const message of messages) {
      const place = parsePlace(message.properties);
      const isNext = place?.id === found.id && place.part === part;
      if (!isNext || at + message.body.length > bytes.length) {
        throw corruption(queue, found, `part ${part} is not where it should be`);
      }
      bytes.set(message.body, at);
      at += message.body.length;
      part++;
    }
  }
  if (at < bytes.length) throw corruption(queue, found, "it is shorter than it says");
  return bytes;
}

function corruption(
  queue: JobQueue,
  found: FoundCheckpoint,
  detail: string,
): StoreError<"CORRUPTED"> {
  const action = `read checkpoint ${found.id} of ${queue.topic}`;
  return damagedLog("damaged-record", action, detail, {
    path: LOG_FOLDER,
    position: found.position,
  });
}

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
 * What Streambed wrote in the queue of a job's checkpoints: a copy that a broker or a client made
 * of a checkpoint is a message like any other.
 */
export class JobRecords {
  readonly queue: Queue;
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;

  /** Names the queue, which need not exist; `signal` ends what is read by it. */
  constructor(store: Store, topic: string, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
    this.queue = store.queue(topic, 0);
  }

  /** Reads as {@linkcode Queue.readBatch} does. */
  async readBatch(options: Pick<ReadOptions, "from" | "limit">): Promise<StoredMessage[]> {
    const signal = this.#signal;
    const messages = await this.queue.readBatch({ ...options, visibility: "flushed", signal });
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
export async function findNewest(records: JobRecords): Promise<FoundCheckpoint | undefined> {
  let newest: FoundCheckpoint | undefined;
  for await (const found of backwards(records)) {
    if (newest === undefined || found.id > newest.id) newest = found;
    if (found.isNewest) return newest;
  }
  return newest;
}

/** Finds all checkpoints since the last drop, newest first. */
export async function findAll(records: JobRecords): Promise<FoundCheckpoint[]> {
  const byId = new Map<number, FoundCheckpoint>();
  for await (const found of backwards(records)) {
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
  records: JobRecords,
  found: FoundCheckpoint,
): Promise<Checkpoint<State>> {
  const decoded = decodePayload(await readPayload(records, found));
  if (decoded.kind === "damaged") throw corruption(records, found, decoded.detail);
  if (decoded.kind === "unsupported") {
    throw unsupportedVersion("read checkpoint", records.queue.topic, {
      found: "a topic with a checkpoint",
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

async function* backwards(records: JobRecords): AsyncGenerator<FoundCheckpoint, void> {
  let offset = records.queue.flushedEndOffset - 1;
  while (offset >= records.queue.earliestOffset) {
    const found = await findAt(records, offset);
    if (found) yield found;
    offset -= found?.partCount ?? 1;
  }
}

/** The checkpoint whose last record is at `offset`. */
async function findAt(records: JobRecords, offset: number): Promise<FoundCheckpoint | undefined> {
  const last = await readAt(records, offset);
  const place = last && parsePlace(last.properties);
  if (!last || !place || place.part !== place.partCount - 1) return undefined;
  const firstOffset = offset - place.part;
  if (place.part > 0) {
    const first = firstOffset < records.queue.earliestOffset
      ? undefined
      : await readAt(records, firstOffset);
    const start = first && parsePlace(first.properties);
    if (start?.id !== place.id || start.part !== 0) return undefined;
  }
  const { position, storeTimestamp } = last;
  return { ...place, offset: firstOffset, position, storeTimestamp };
}

async function readAt(records: JobRecords, offset: number): Promise<StoredMessage | undefined> {
  const [message] = await records.readBatch({ from: offset, limit: 1 });
  // The store passes over a hidden record.
  return message?.offset === offset ? message : undefined;
}

/** Reads a checkpoint's payload, as it was stored. */
export async function readPayload(
  records: JobRecords,
  found: FoundCheckpoint,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(found.byteLength);
  let at = 0;
  for (let part = 0; part < found.partCount;) {
    const limit = Math.min(BATCH_COUNT, found.partCount - part);
    const from = found.offset + part;
    const messages = await records.readBatch({ from, limit });
    if (messages.length === 0) throw corruption(records, found, `part ${part} is missing`);
    for (const message of messages) {
      const place = parsePlace(message.properties);
      const isNext = place?.id === found.id && place.part === part;
      if (!isNext || at + message.body.length > bytes.length) {
        throw corruption(records, found, `part ${part} is not where it should be`);
      }
      bytes.set(message.body, at);
      at += message.body.length;
      part++;
    }
  }
  if (at < bytes.length) throw corruption(records, found, "it is shorter than it says");
  return bytes;
}

function corruption(
  records: JobRecords,
  found: FoundCheckpoint,
  detail: string,
): StoreError<"CORRUPTED"> {
  const action = `read checkpoint ${found.id} of ${records.queue.topic}`;
  return damagedLog("damaged-record", action, detail, {
    path: LOG_FOLDER,
    position: found.position,
  });
}

/**
 * What is delivered together: copies for one atomic batch, as many as one segment holds beside the
 * record that tells of them.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import {
  BLANK_BYTE_LENGTH_MIN,
  canBeCopied,
  COPY_BYTE_LENGTH_MORE,
  DELIVERED_BYTE_LENGTH_MAX,
  type DeliveryPlace,
  deliveryPlace,
  PRE_BLANK_BYTE_LENGTH,
  type QueueEntry,
  type RecordView,
} from "../layout/mod.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";

/** Most entries of queues that a round looks at, and most bytes, unless one has more. */
const ROUND_COUNT = 256;
const ROUND_BYTE_LENGTH = 1024 * 1024;

/** Where an entry points. */
type Entry = Pick<QueueEntry, "position" | "byteLength">;

/** A record, and where its copy goes. */
export interface RoundMessage {
  readonly record: RecordView;
  readonly place: DeliveryPlace;
}

/** One round. */
export class DeliveryRound {
  readonly messages: RoundMessage[] = [];
  readonly #files: StoreFiles;
  #byteLength = 0;
  #entryCount = 0;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Whether an entry has to wait for the next round. */
  isFull(entry: Entry): boolean {
    if (this.#entryCount >= ROUND_COUNT) return true;
    const limit = Math.min(ROUND_BYTE_LENGTH, this.#roomByteLength());
    return this.messages.length > 0 && this.#byteLength + copyByteLength(entry) > limit;
  }

  /** Passes over what has no message. */
  skip(): void {
    this.#entryCount++;
  }

  /**
   * Adds a message that is due, unless it is not `wanted`; what cannot be delivered is noted, and
   * stays where it is.
   */
  take(entry: Entry, wanted: (record: RecordView) => boolean = () => true): void {
    const record = this.#read(entry);
    if (record === undefined || !wanted(record)) return;
    const place = deliveryPlace(record.properties());
    if (place === undefined) return this.#refuse(entry, "it does not say where to");
    if (this.#files.derived.queues.kindOf(place.topic) === "batch") {
      const topic = JSON.stringify(place.topic);
      return this.#refuse(entry, `topic ${topic} holds RocketMQ's inner batches`);
    }
    this.#add(entry, record, place);
  }

  /** Adds a message that goes to a place, though it is not due. */
  move(entry: Entry, place: DeliveryPlace): void {
    const record = this.#read(entry);
    if (record !== undefined) this.#add(entry, record, place);
  }

  #add(entry: Entry, record: RecordView, place: DeliveryPlace): void {
    if (!canBeCopied(record) || copyByteLength(entry) > this.#roomByteLength()) {
      return this.#refuse(entry, "it has no room for what a copy needs");
    }
    this.messages.push({ record, place });
    this.#byteLength += copyByteLength(entry);
  }

  #read(entry: Entry): RecordView | undefined {
    this.#entryCount++;
    // It only fills the place of one that was deleted.
    if (entry.byteLength === PRE_BLANK_BYTE_LENGTH) return undefined;
    try {
      return readEntryRecord(this.#files, entry, "deliver delayed message");
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      this.#refuse(entry, error.message);
      return undefined;
    }
  }

  #refuse({ position }: Entry, why: string): void {
    const what = `Delayed message at position ${position} is not delivered`;
    this.#files.directory.trust.note(`${what}: ${why}`);
  }

  /** Bytes of copies that fit into one segment beside the record that tells of them. */
  #roomByteLength(): number {
    const { segmentByteLength } = this.#files.geometry;
    return segmentByteLength - BLANK_BYTE_LENGTH_MIN - DELIVERED_BYTE_LENGTH_MAX;
  }
}

function copyByteLength({ byteLength }: Entry): number {
  return byteLength + COPY_BYTE_LENGTH_MORE;
}

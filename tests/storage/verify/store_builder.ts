/**
 * Small stores, written byte by byte with the layouts alone, so that a test can say exactly what is
 * in them.
 *
 * @module
 */
import type { VerifyReport } from "../../../storage/verify/mod.ts";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  type AtomicBatchPlace,
  type CheckedMessage,
  encodeBlankRecord,
  encodeMessageInto,
  encodeMetaSlot,
  encodeQueueEntry,
  formatSegmentName,
  metaSlotOffset,
  OPEN_END,
  prepareMessage,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../../../storage/layout/mod.ts";
import { abortSignature } from "../../../storage/life/mod.ts";

/** Length of the segments that are built, bytes. */
export const SEGMENT_BYTE_LENGTH = 8192;
const QUEUE_ENTRY_COUNT = 50;
const ENTRY_BYTE_LENGTH = 20;
const START_TIME = 1_700_000_000_000;

/** Where a built record is. */
export interface BuiltRecord {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
}

/** A store in the making; nothing is on the disk before `write()`. */
export class StoreBuilder {
  /** Directory of the store. */
  readonly root: string;
  /** The records so far. */
  readonly records: BuiltRecord[] = [];
  /** Position after the last record. */
  end = 0;
  /** How much later each record is stored than the one before, ms. */
  stepMs = 1;
  readonly #segments: Uint8Array[] = [];
  readonly #next = new Map<string, number>();

  /** Starts an empty store that will stand in `root`, a directory that exists. */
  constructor(root: string) {
    this.root = root;
  }

  /** Appends a record, rolling to the next segment where it does not fit. */
  append(message: CheckedMessage, group?: AtomicBatchPlace): BuiltRecord {
    const prepared = prepareMessage(message, START_TIME, group);
    const room = SEGMENT_BYTE_LENGTH - this.end % SEGMENT_BYTE_LENGTH;
    if (prepared.byteLength + 8 > room && this.end > 0) this.roll();
    const segment = this.#segment();
    const queue = `${prepared.topic}/${prepared.queueId}`;
    const offset = this.#next.get(queue) ?? 0;
    encodeMessageInto(
      segment,
      new DataView(segment.buffer),
      this.end % SEGMENT_BYTE_LENGTH,
      prepared,
      {
        queueOffset: offset,
        position: this.end,
        storeTimestamp: START_TIME + this.stepMs * this.records.length,
      },
    );
    const { topic, queueId, byteLength, tagsCodeHigh, tagsCodeLow } = prepared;
    const record = {
      topic,
      queueId,
      offset,
      position: this.end,
      byteLength,
      tagsCodeHigh,
      tagsCodeLow,
    };
    this.#next.set(queue, offset + 1);
    this.records.push(record);
    this.end += byteLength;
    return record;
  }

  /** Appends `count` small messages of one topic. */
  fill(count: number, topic = "orders"): void {
    for (let index = 0; index < count; index++) {
      this.append({ topic, body: `message ${index}`, tags: index % 2 === 0 ? "even" : "odd" });
    }
  }

  /** Ends the segment with a blank record. */
  roll(): void {
    const segment = this.#segment();
    const at = this.end % SEGMENT_BYTE_LENGTH;
    encodeBlankRecord(new DataView(segment.buffer), at, SEGMENT_BYTE_LENGTH - at);
    this.end += SEGMENT_BYTE_LENGTH - at;
  }

  /** Writes the store: log, queues and, unless it should look like RocketMQ's, our own meta. */
  write(meta: Partial<StreambedMeta> | "none" = {}): void {
    this.#segments.forEach((segment, index) => {
      const name = formatSegmentName(index * SEGMENT_BYTE_LENGTH);
      this.file(`commitlog/${name}`, segment);
    });
    this.#writeQueues();
    if (meta !== "none") this.writeMeta(meta);
  }

  /** Writes the file `streambed/meta` with one slot. */
  writeMeta(change: Partial<StreambedMeta>): void {
    const meta: StreambedMeta = {
      generation: 1,
      storeId: "01234567-89ab-cdef-0123-456789abcdef",
      epoch: 1,
      bootId: UNKNOWN_BOOT_ID,
      mountId: UNKNOWN_MOUNT_ID,
      mark: this.end,
      geometry: {
        segmentByteLength: SEGMENT_BYTE_LENGTH,
        queueEntryCount: QUEUE_ENTRY_COUNT,
        indexSlotCount: 10,
        indexEntryCount: 40,
        maxBodyByteLength: 4096,
      },
      state: "closed",
      dispatched: this.end,
      ranges: [{ from: 0, to: OPEN_END }],
      ...change,
    };
    const file = new Uint8Array(8192);
    file.set(encodeMetaSlot(meta), metaSlotOffset(meta.generation));
    this.file("streambed/meta", file);
    if (meta.state === "open") {
      this.file("abort", new TextEncoder().encode(abortSignature(meta)));
    }
  }

  /** Writes a file of the store. */
  file(path: string, bytes: Uint8Array): void {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, bytes, { mode: 0o600 });
  }

  /** Bytes of the segment that holds a position. */
  segmentAt(position: number): Uint8Array {
    return this.#segments[Math.floor(position / SEGMENT_BYTE_LENGTH)];
  }

  #segment(): Uint8Array {
    const index = Math.floor(this.end / SEGMENT_BYTE_LENGTH);
    return this.#segments[index] ??= new Uint8Array(SEGMENT_BYTE_LENGTH);
  }

  #writeQueues(): void {
    const files = new Map<string, Uint8Array>();
    for (const record of this.records) {
      const base = record.offset - record.offset % QUEUE_ENTRY_COUNT;
      const name = formatSegmentName(base * ENTRY_BYTE_LENGTH);
      const path = `consumequeue/${record.topic}/${record.queueId}/${name}`;
      const file = files.get(path) ?? new Uint8Array(QUEUE_ENTRY_COUNT * ENTRY_BYTE_LENGTH);
      files.set(path, file);
      const at = (record.offset - base) * ENTRY_BYTE_LENGTH;
      encodeQueueEntry(new DataView(file.buffer), at, record);
    }
    for (const [path, file] of files) this.file(path, file);
  }
}

/** Path of the segment that holds a position, in a log with segments of `byteLength` bytes. */
export function segmentPath(position: number, byteLength: number = SEGMENT_BYTE_LENGTH): string {
  return `commitlog/${formatSegmentName(position - position % byteLength)}`;
}

/** Overwrites bytes of a file, without changing its length. */
export function patch(root: string, path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(join(root, path), "r+");
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Changes one byte of a file. */
export function flip(root: string, path: string, offset: number): void {
  const file = openSync(join(root, path), "r+");
  const byte = new Uint8Array(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] ^= 0x5a;
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

/** Reads a file of a store. */
export function contentOf(root: string, path: string): Uint8Array {
  return readFileSync(join(root, path));
}

/**
 * Findings but for the note that nothing tells what was delivered of delayed messages: most golden
 * stores hold some, and no broker ran on them.
 */
export function besidesDelays(findings: VerifyReport["findings"]): VerifyReport["findings"] {
  return findings.filter(({ path }) => path !== "config/delayOffset.json");
}

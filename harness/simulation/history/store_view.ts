/**
 * Looks at everything in a store at one moment, and at its directory.
 *
 * @module
 */
import {
  checkRecord,
  formatSegmentName,
  parseSegmentName,
  RecordView,
} from "../../../storage/layout/mod.ts";
import type { Durability, Store, StoredMessage } from "../../../storage/mod.ts";
import { BatchTracker } from "../../../storage/log/mod.ts";
import type { Choices } from "../machine/choices.ts";
import { SimDirectory, SimFile } from "../machine/nodes.ts";
import { PAGE_BYTE_LENGTH } from "../machine/page.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import { BrokenPromise, type StoreLedger, type StoreView } from "./store_ledger.ts";

/** Where a history may write. */
export interface StorePlaces {
  /** All topics that were ever written to. */
  readonly topics: readonly string[];
  /** How many queues a topic may have. */
  readonly queueCount: number;
  /** All keys that were ever given. */
  readonly keys: readonly string[];
}

/**
 * Reads all queues. The ends are taken at once, before the first message is read.
 *
 * @param store Store to read.
 * @param places Queues to look at.
 * @param visibility What may be seen.
 * @param choices Decides how to read.
 * @returns What there is.
 */
export async function readView(
  store: Store,
  places: StorePlaces,
  visibility: Durability,
  choices: Choices,
): Promise<StoreView> {
  const { earliestPosition } = store.info;
  const queues = places.topics.flatMap((topic) =>
    Array.from({ length: places.queueCount }, (_, queueId) => store.queue(topic, queueId))
  );
  const ends = queues.map((queue) => {
    const latest = visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
    return { queue, from: queue.earliestOffset, limit: latest - queue.earliestOffset, latest };
  });
  const messages: StoredMessage[] = [];
  for (const { queue, from, limit } of ends) {
    if (limit <= 0) continue;
    if (choices.chance(1, 2)) {
      for await (const message of queue.read({ from, limit, visibility })) messages.push(message);
    } else messages.push(...await queue.readBatch({ from, limit, visibility }));
  }
  const latest = new Map(
    ends.map(({ queue, latest }) => [`${queue.topic}/${queue.queueId}`, latest]),
  );
  return { earliestPosition, latest, messages };
}

/**
 * Checks that the index finds what the queues have, nothing else, newest first.
 *
 * @param store Store to search; nothing may be in flight.
 * @param view What its queues have.
 * @param ledger Knows which messages carry a key.
 * @param places Topics and keys to search for.
 */
export async function checkIndex(
  store: Store,
  view: StoreView,
  ledger: StoreLedger,
  places: StorePlaces,
): Promise<void> {
  for (const topic of places.topics) {
    for (const key of places.keys) {
      const found: number[] = [];
      for await (const { position } of store.find(topic, key)) found.push(position);
      const expected = ledger.withKey(view, topic, key).map(({ position }) => position);
      if (found.join() === expected.join()) continue;
      throw new BrokenPromise(`index: ${topic} ${key} finds ${found}, not ${expected}`);
    }
  }
}

/**
 * Checks that messages which were shown as durable are on the disk, byte for byte, in files whose
 * names are.
 *
 * @param kernel The machine.
 * @param root Path of the store.
 * @param messages What was shown.
 */
export function checkDurable(
  kernel: SimKernel,
  root: string,
  messages: readonly StoredMessage[],
): void {
  const segments = segmentsOf(kernel, root);
  for (const { topic, queueId, offset, position, byteLength } of messages) {
    const found = segments.findLast(({ base }) => base <= position);
    // Retention may have removed the segment since it was read.
    if (found === undefined || position >= found.base + found.file.byteLength) continue;
    if (found.isNamed && isOnDisk(found.file, position - found.base, byteLength)) continue;
    throw new BrokenPromise(
      `undurable: ${topic}/${queueId} offset ${offset} at ${position} is shown, not on the disk`,
    );
  }
}

/**
 * Checks that a broker which opened the log as it is now would find no half of an atomic batch.
 *
 * @param kernel The machine.
 * @param root Path of the store.
 */
export function checkBrokerView(kernel: SimKernel, root: string): void {
  const batches = new BatchTracker();
  const record = new RecordView();
  for (const { base, file } of segmentsOf(kernel, root)) {
    const bytes = new Uint8Array(file.byteLength);
    file.copyOut(0, bytes);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length;) {
      const expected = { position: base + at, crc: "optional" } as const;
      const found = checkRecord(bytes, view, at, bytes.length - at, expected, record);
      if (found !== record) break;
      batches.see(record, true);
      at += record.byteLength;
    }
  }
  const half = batches.unfinished ?? batches.hidden[0]?.[0];
  if (half !== undefined) throw new BrokenPromise(`broker: half a group is to be seen at ${half}`);
}

interface SimSegment {
  readonly base: number;
  readonly file: SimFile;
  /** Whether a power cut leaves the name. */
  readonly isNamed: boolean;
}

/**
 * The log, in whichever folders of the store it lies: nothing else right below its root has such
 * names.
 */
function segmentsOf(kernel: SimKernel, root: string): SimSegment[] {
  const store = kernel.lookUp(root);
  if (!(store instanceof SimDirectory)) return [];
  const segments: SimSegment[] = [];
  for (const folder of store.entries.values()) {
    if (!(folder instanceof SimDirectory)) continue;
    for (const [name, file] of folder.entries) {
      const base = parseSegmentName(name);
      if (base === undefined || !(file instanceof SimFile)) continue;
      const isNamed = folder.durable.get(formatSegmentName(base)) === file;
      segments.push({ base, file, isNamed });
    }
  }
  return segments.sort((a, b) => a.base - b.base);
}

function isOnDisk(file: SimFile, offset: number, byteLength: number): boolean {
  if (file.durable.byteLength < offset + byteLength) return false;
  const end = offset + byteLength;
  for (let index = Math.floor(offset / PAGE_BYTE_LENGTH); index * PAGE_BYTE_LENGTH < end; index++) {
    const page = file.pages.get(index);
    if (page === undefined) continue;
    const start = index * PAGE_BYTE_LENGTH;
    const from = Math.max(offset - start, 0);
    const to = Math.min(end - start, PAGE_BYTE_LENGTH);
    for (let at = from; at < to; at++) if (page.disk[at] !== page.current[at]) return false;
  }
  return true;
}

/**
 * Checks that a store that was closed left nothing behind that does not belong there.
 *
 * @param kernel The machine.
 * @param root Path of the store.
 */
export function checkClosedTree(kernel: SimKernel, root: string): void {
  const names = [...namesBelow(kernel, root, "")];
  const stray = names.filter((name) => /^streambed\/(next|temporary)-|^abort$/.test(name));
  if (stray.length > 0) throw new BrokenPromise(`leftover: ${stray} after a close`);
}

function* namesBelow(kernel: SimKernel, path: string, prefix: string): Generator<string> {
  const directory = kernel.lookUp(path);
  if (!(directory instanceof SimDirectory)) return;
  for (const [name, node] of directory.entries) {
    if (node instanceof SimDirectory) {
      yield* namesBelow(kernel, `${path}/${name}`, `${prefix}${name}/`);
    } else yield prefix + name;
  }
}

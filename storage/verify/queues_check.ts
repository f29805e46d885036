/**
 * Comparing all queues with the log.
 *
 * @module
 */
import type { StoreDirectory } from "../directory/mod.ts";
import {
  BATCH_QUEUE_FOLDER,
  decodeQueueExtension,
  formatSegmentName,
  parseSegmentName,
  QUEUE_EXTENSION_FOLDER,
  QUEUE_FOLDER,
  type RecordView,
} from "../layout/mod.ts";
import {
  type LogBounds,
  QueueCheck,
  type QueueCheckContext,
  queueEntryByteLength,
} from "./queue_check.ts";
import { queueFolder } from "../derived/mod.ts";
import { listQueues, QueueBytes, type QueueFolder, readOnce } from "./queue_bytes.ts";
import { type QueuePlace, queuePlaces } from "./queue_places.ts";
import type { QueueSummary } from "./report.ts";

const EXTENSION_BYTE_LENGTH_MAX = 32_767;

export class QueuesCheck {
  readonly #directory: StoreDirectory;
  readonly #context: QueueCheckContext;
  readonly #queues = new Map<string, Map<number, QueueCheck>>();
  readonly #batchTopics: ReadonlySet<string>;
  readonly #folders: readonly QueueFolder[];

  constructor(directory: StoreDirectory, context: Omit<QueueCheckContext, "extendedTags">) {
    this.#directory = directory;
    this.#context = {
      ...context,
      extendedTags: (queue, address) => readExtendedTags(directory, queue, address),
    };
    const batchFolders = listQueues(directory, BATCH_QUEUE_FOLDER);
    this.#batchTopics = new Set(batchFolders.map(({ topic }) => topic));
    this.#folders = [...listQueues(directory, QUEUE_FOLDER), ...batchFolders];
  }

  /**
   * Farthest end of a record that an entry beyond the log's end names; 0 if there is no such entry.
   */
  get aheadTo(): number {
    return this.#all().reduce((most, queue) => Math.max(most, queue.aheadTo), 0);
  }

  add(record: RecordView): void {
    for (const place of queuePlaces(record)) this.#queue(place).expect(record, place);
  }

  /** Looks at the entries without a record. */
  finish(bounds: LogBounds): void {
    for (const { topic, queueId, path } of this.#folders) {
      const batch = path.startsWith(`${BATCH_QUEUE_FOLDER}/`);
      if (batch === this.#batchTopics.has(topic)) this.#queue({ topic, queueId, batch });
    }
    const lengths = new Map<boolean, number>();
    for (const queue of this.#all()) {
      queue.finish(bounds);
      this.#checkFiles(queue, lengths);
    }
  }

  summary(): QueueSummary {
    const queues = this.#all();
    return {
      queueCount: queues.length,
      entryCount: sum(queues, (queue) => queue.entryCount),
      missingCount: sum(queues, (queue) => queue.missingCount),
      wrongCount: sum(queues, (queue) => queue.wrongCount),
    };
  }

  #queue({ topic, queueId, batch }: Pick<QueuePlace, "topic" | "queueId" | "batch">): QueueCheck {
    let queues = this.#queues.get(topic);
    if (queues === undefined) this.#queues.set(topic, queues = new Map<number, QueueCheck>());
    const known = queues.get(queueId);
    if (known !== undefined) return known;
    const inBatches = batch || this.#batchTopics.has(topic);
    const path = queueFolder({ kind: inBatches ? "batch" : "simple", topic, queueId });
    const files = new QueueBytes(this.#directory, path, queueEntryByteLength(inBatches));
    const queue = new QueueCheck(this.#context, topic, queueId, files, inBatches);
    queues.set(queueId, queue);
    return queue;
  }

  /** The files of all queues of a kind have one length. */
  #checkFiles({ files }: QueueCheck, lengths: Map<boolean, number>): void {
    const batch = files.path.startsWith(`${BATCH_QUEUE_FOLDER}/`);
    const usual = lengths.get(batch);
    if (usual === undefined && files.fileByteLength > 0) lengths.set(batch, files.fileByteLength);
    const faults = [...files.faults];
    if (usual !== undefined && files.fileByteLength > 0 && files.fileByteLength !== usual) {
      faults.push(`its files have ${files.fileByteLength} bytes, those of others ${usual}`);
    }
    const { findings, fileSeverity: severity } = this.#context;
    // A live writer may just be making it.
    for (const name of this.#context.live ? [] : files.empty) {
      // The damage is told where the entries that it should hold are missing.
      const text = `${name} is empty: who made it died before it got its length`;
      findings.add({ severity: "note", area: "queue", text, path: files.path });
    }
    for (const fault of faults) {
      const text = `${fault}; streambed rebuild makes the queue anew`;
      findings.add({ severity, area: "queue", text, path: files.path });
    }
  }

  #all(): QueueCheck[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues.values()]);
  }
}

function sum(queues: readonly QueueCheck[], count: (queue: QueueCheck) => number): number {
  return queues.reduce((total, queue) => total + count(queue), 0);
}

function readExtendedTags(
  directory: StoreDirectory,
  queue: string,
  address: number,
): { high: number; low: number } | undefined {
  const folder = `${QUEUE_EXTENSION_FOLDER}/${queue}`;
  const first = directory.list(folder)?.find(({ name }) => parseSegmentName(name) !== undefined);
  const fileByteLength = first && directory.status(`${folder}/${first.name}`)?.byteLength;
  if (!fileByteLength) return undefined;
  const base = address - address % fileByteLength;
  const path = `${folder}/${formatSegmentName(base)}`;
  const bytes = new Uint8Array(EXTENSION_BYTE_LENGTH_MAX);
  const count = readOnce(directory, path, address - base, bytes);
  return decodeQueueExtension(bytes.subarray(0, count), 0)?.tagsCode;
}

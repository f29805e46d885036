/**
 * Comparing all queues with the log.
 *
 * @module
 */
import type { QueueKind, QueueName } from "../derived/mod.ts";
import type { RecordView } from "../layout/mod.ts";
import type { LogCheck, Verification } from "./log_check.ts";
import { listQueues } from "./queue_bytes.ts";
import { QueueCheck, type QueueCheckContext, queuePlaces } from "./queue_check.ts";
import type { Counted, QueueSummary } from "./report.ts";
import { fileSeverity } from "./store_state.ts";

export class QueuesCheck {
  readonly summary: Counted<QueueSummary> = {
    queueCount: 0,
    entryCount: 0,
    missingCount: 0,
    wrongCount: 0,
  };
  readonly #context: QueueCheckContext;
  readonly #queues = new Map<string, Map<number, QueueCheck>>();
  readonly #batchTopics: ReadonlySet<string>;
  readonly #listed: readonly QueueName[];

  constructor(verification: Verification, log: LogCheck) {
    const { directory } = verification;
    this.#context = { ...verification, log, summary: this.summary };
    const batches = listQueues(directory, "batch");
    this.#batchTopics = new Set(batches.map(({ topic }) => topic));
    this.#listed = [...listQueues(directory, "simple"), ...batches];
  }

  /**
   * Farthest end of a record that an entry beyond the log's end names; 0 if there is no such entry.
   */
  get aheadTo(): number {
    return this.#all().reduce((most, { aheadTo }) => Math.max(most, aheadTo), 0);
  }

  add(record: RecordView): void {
    for (const place of queuePlaces(record)) this.#queue(place).expect(record, place);
  }

  /** Looks at the entries without a record; `end` is the position after the last record. */
  finish(end: number): void {
    for (const name of this.#listed) {
      if (name.kind === this.#kindOf(name.topic)) this.#queue(name);
    }
    const lengths = new Map<QueueKind, number>();
    for (const queue of this.#all()) {
      queue.finish(end);
      this.#checkFiles(queue, lengths);
    }
  }

  #kindOf(topic: string): QueueKind {
    return this.#batchTopics.has(topic) ? "batch" : "simple";
  }

  #queue({ topic, queueId, kind }: QueueName): QueueCheck {
    let queues = this.#queues.get(topic);
    if (queues === undefined) this.#queues.set(topic, queues = new Map<number, QueueCheck>());
    let queue = queues.get(queueId);
    if (queue === undefined) {
      const there = kind === "batch" ? kind : this.#kindOf(topic);
      queue = new QueueCheck(this.#context, { topic, queueId, kind: there });
      queues.set(queueId, queue);
    }
    return queue;
  }

  /** The files of all queues of a kind have one length. */
  #checkFiles({ files, queue }: QueueCheck, lengths: Map<QueueKind, number>): void {
    const { path, fileByteLength } = files;
    const usual = lengths.get(queue.kind) ?? fileByteLength;
    if (usual > 0) lengths.set(queue.kind, usual);
    const faults = [...files.faults];
    if (fileByteLength > 0 && fileByteLength !== usual) {
      faults.push(`its files have ${fileByteLength} bytes, those of others ${usual}`);
    }
    const { findings, state } = this.#context;
    // A live writer may just be making it.
    for (const name of state.live ? [] : files.empty) {
      // The damage is told where the entries that it should hold are missing.
      const text = `${name} is empty: who made it died before it got its length`;
      findings.add("note", "queue", text, { path });
    }
    for (const fault of faults) {
      const text = `${fault}; streambed rebuild makes the queue anew`;
      findings.add(fileSeverity(state, 0), "queue", text, { path });
    }
  }

  #all(): QueueCheck[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues.values()]);
  }
}

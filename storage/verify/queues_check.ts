/**
 * Comparing all queues with the log.
 *
 * @module
 */
import { findEntriesPerFile, type QueueKind, type QueueName } from "../derived/mod.ts";
import type { RecordView } from "../layout/mod.ts";
import { completeGeometry } from "../options.ts";
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
    const batches = listQueues(directory, "batch");
    this.#batchTopics = new Set(batches.map(({ topic }) => topic));
    const simple = listQueues(directory, "simple");
    this.#listed = [...simple, ...batches];
    const { queueEntryCount } = completeGeometry({ ...verification.state.meta?.geometry });
    const entriesPerFile = {
      simple: findEntriesPerFile(directory, "simple", simple) ?? queueEntryCount,
      batch: findEntriesPerFile(directory, "batch", batches) ?? queueEntryCount,
    };
    this.#context = { ...verification, log, summary: this.summary, entriesPerFile };
  }

  add(record: RecordView): void {
    for (const place of queuePlaces(record)) this.#queue(place).expect(record, place);
  }

  /** Farthest end of a record at or behind a position that an entry names; 0 if none does. */
  claimedTo(position: number): number {
    this.#lookAtListed();
    return this.#all().reduce((most, queue) => Math.max(most, queue.claimedTo(position)), 0);
  }

  /** Looks at the entries without a record; `end` is the position after the last record. */
  finish(end: number): void {
    this.#lookAtListed();
    for (const queue of this.#all()) {
      queue.finish(end);
      this.#checkFiles(queue);
    }
  }

  /** Takes the queues that have files and no message. */
  #lookAtListed(): void {
    for (const name of this.#listed) {
      if (name.kind === this.#kindOf(name.topic)) this.#queue(name);
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

  #checkFiles({ files: { path, faults, empty } }: QueueCheck): void {
    const { findings, state } = this.#context;
    // A live writer may just be making it.
    for (const name of state.live ? [] : empty) {
      // The damage is told where the entries that it should hold are missing.
      const text = `${name} is empty: who made it died before it got its length`;
      findings.add("note", "queue", text, { path });
    }
    for (const fault of faults) {
      const mend = "streambed rebuild makes the queue anew";
      findings.add(fileSeverity(state, 0), "queue", fault, { path, mend });
    }
  }

  #all(): QueueCheck[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues.values()]);
  }
}

/**
 * Random histories of a queue against a plain array: appends, writes, crashes of the process,
 * recoveries from any point of the log, retention, cuts.
 *
 * Tests: `entry_list.ts`, `entry_writer.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EntryQueue, QueueTable } from "../../../../storage/derived/queue/mod.ts";
import { type SeededRandom, seededRandom } from "../../../../harness/support/random.ts";
import {
  type Entry,
  put,
  type QueueFixture,
  queueFixture,
  readAll,
  reconcile,
} from "./queue_fixture.ts";

const SEED = 20_261_122;
const HISTORY_COUNT = 60;
const STEP_COUNT = 60;

/** A log with one queue, and the queue under test. */
class Model {
  readonly #fixture: QueueFixture;
  readonly #random: SeededRandom;
  #table: QueueTable;
  /** Entries of the log by offset; those below `#first` were deleted. */
  #entries: Entry[] = [];
  #first = 0;
  #position = 0;

  constructor(fixture: QueueFixture, random: SeededRandom) {
    this.#fixture = fixture;
    this.#random = random;
    this.#table = fixture.table();
  }

  get queue(): EntryQueue {
    return this.#table.ensure("orders", 0);
  }

  append(): void {
    for (let count = this.#random.next(12); count > 0; count--) {
      const byteLength = 50 + this.#random.next(50);
      const entry: Entry = [this.#position, byteLength, 0, this.#random.next(3)];
      put(this.queue, ...entry);
      this.#entries.push(entry);
      // Records of other queues lie between.
      this.#position += byteLength + this.#random.next(2) * 300;
    }
  }

  write(): void {
    this.#table.writePending();
  }

  /** The process dies: what was not written is gone from the queue, though not from the log. */
  crash(): void {
    this.#table = this.#fixture.table({ clean: this.#random.chance(3) });
    const { queue } = this;
    const known = Math.max(this.#first, Math.min(queue.next, this.#entries.length));
    this.#recover(this.#random.chance(4) ? this.#first : known - this.#random.next(5));
  }

  /** The log lost its tail, too: a power cut. */
  cutLog(): void {
    const kept = Math.max(this.#first, this.#entries.length - this.#random.next(15));
    this.#position = this.#entries[kept]?.[0] ?? this.#position;
    this.#entries.length = kept;
    this.#table = this.#fixture.table({ clean: false });
    const { queue } = this;
    this.#recover(Math.min(kept, queue.next) - this.#random.next(3));
  }

  retain(): void {
    this.#first = Math.min(this.#first + this.#random.next(15), this.#entries.length);
    this.queue.raiseEarliest(this.logStart);
    if (this.#random.chance(2)) this.queue.deleteFilesBelow();
  }

  get logStart(): number {
    return this.#entries[this.#first]?.[0] ?? this.#position;
  }

  check(): void {
    const { queue } = this;
    const end = this.#entries.length;
    assert.equal(queue.next, end);
    assert.equal(queue.damage, undefined);
    const expected = this.#entries.slice(this.#first)
      .map((entry, at) => [this.#first + at, ...entry]);
    assert.deepEqual(readAll(queue, this.#first, 1 + this.#random.next(20)), expected);
    const position = this.#random.next(this.#position + 100);
    const bound = this.#entries.findIndex((entry, at) => {
      return at >= Math.max(this.#first, queue.earliest) && entry[0] >= position;
    });
    if (queue.earliest === this.#first) {
      assert.equal(queue.lowerBoundByPosition(position), bound < 0 ? end : bound);
    }
  }

  #recover(from: number): void {
    const { queue } = this;
    const start = Math.max(this.#first, from);
    const scanStart = this.#entries[start]?.[0] ?? this.#position;
    this.#table.beginReconcile(scanStart, start === this.#first);
    for (let offset = start; offset < this.#entries.length; offset++) {
      reconcile(queue, offset, ...this.#entries[offset]);
    }
    this.#table.finishReconcile();
    queue.raiseEarliest(this.logStart);
    // Before anything is appended: else an entry of the log's lost tail could outlive it on disk.
    this.#table.writePending();
    if (this.#entries.length === this.#first) this.#startEmpty(queue);
  }

  /**
   * A log without records says nothing of the count: what a store would restore from its own notes.
   */
  #startEmpty(queue: EntryQueue): void {
    if (queue.next === this.#entries.length) return;
    this.#entries.length = this.#first = queue.next;
  }
}

for (let history = 0; history < HISTORY_COUNT; history++) {
  const seed = SEED + history;
  test(`ConsumeQueue is an array after any history (seed ${seed})`, async () => {
    await using fixture = await queueFixture();
    const random = seededRandom(seed);
    const model = new Model(fixture, random);
    const steps = [
      () => model.append(),
      () => model.append(),
      () => model.write(),
      () => model.crash(),
      () => model.cutLog(),
      () => model.retain(),
    ];
    for (let step = 0; step < STEP_COUNT; step++) {
      random.pick(steps)();
      model.check();
    }
  });
}

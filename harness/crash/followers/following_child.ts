/**
 * A reader that follows every queue beside a writer. What it is shown must be what was sent, in
 * order and without a gap, but for what retention took before it came: that must be reported as an
 * error that says so.
 *
 * Arguments: directory, visibility, and how long it dawdles over a message, ms. It says `reading`,
 * is told `until <offset>...`, and answers with one line of JSON when it has read so far.
 *
 * @module
 */
import assert from "node:assert/strict";
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { type Durability, innerPortOf, openStore, StoreError } from "../../../storage/mod.ts";
import { checkFound, SENT_QUEUES } from "../sent.ts";

/** What a reader says at the end. */
export interface FollowerLine {
  /** Messages that were read. */
  readonly seen: number;
  /** Messages that retention took before they were read. */
  readonly skipped: number;
  /** How often retention came first. */
  readonly overtaken: number;
  /** Offset after the last one, queue by queue. */
  readonly ends: readonly number[];
}

const [path, visibility, dawdle] = argv.slice(2);
const dawdleMs = Number(dawdle);
await using store = await openStore(path, { readOnly: true });
const result = { seen: 0, skipped: 0, overtaken: 0, ends: SENT_QUEUES.map(() => 0) };
const over = new AbortController();
const following = SENT_QUEUES.map((_, queue) => follow(queue));
console.log("reading");
for await (const line of createInterface({ input: stdin })) {
  const targets = line.split(" ").slice(1).map(Number);
  while (targets.some((end, queue) => result.ends[queue] < end)) {
    await Promise.race([...following, innerPortOf(store).changed(), pause(5)]);
  }
  over.abort();
  await Promise.all(following);
  assert.deepEqual(result.ends, targets, "Nothing was read that was never sent");
  console.log(JSON.stringify(result satisfies FollowerLine));
  break;
}

async function follow(queue: number): Promise<void> {
  while (!over.signal.aborted) {
    try {
      await followFrom(queue);
    } catch (error) {
      if (over.signal.aborted && error === over.signal.reason) return;
      if (!StoreError.is(error, "OFFSET_OUT_OF_RANGE")) throw error;
      passOver(queue);
    }
  }
}

async function followFrom(queue: number): Promise<void> {
  const { topic, queueId } = SENT_QUEUES[queue];
  const { signal } = over;
  const from = result.ends[queue];
  const reading = store.queue(topic, queueId).read({
    from,
    follow: true,
    visibility: visibility as Durability,
    signal,
  });
  for await (const message of reading) {
    const offset = result.ends[queue];
    checkFound(store, message, { queue, offset }, visibility as Durability);
    result.ends[queue]++;
    result.seen++;
    if (dawdleMs > 0) await pause(dawdleMs);
  }
}

/** The queue starts behind what was wanted by now. */
function passOver(queue: number): void {
  const { topic, queueId } = SENT_QUEUES[queue];
  const { earliestOffset: earliest } = store.queue(topic, queueId);
  const wanted = result.ends[queue];
  assert.ok(earliest > wanted, `queue ${queue}: ${wanted} is refused, and ${earliest} is there`);
  result.overtaken++;
  result.skipped += earliest - wanted;
  result.ends[queue] = earliest;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * A group of ours whose messages fail as often as a test says, and that leaves what it is told to
 * leave.
 *
 * @module
 */
import assert from "node:assert/strict";
import { consume, type RetryOptions } from "../../adapters/consume/mod.ts";
import type { Geometry, Store } from "../../storage/mod.ts";
import { SAMPLE_GEOMETRY } from "../../harness/support/sample_store.ts";
import { sentText } from "./serving_broker.ts";

/** The topic that is consumed. */
export const TOPIC = "Work";
/** The group that consumes it. */
export const GROUP = "crew";
/** Where its messages wait for their next try. */
export const RETRIED: string = `%RETRY%${GROUP}`;
/** What it has given up. */
export const DEAD: string = `%DLQ%${GROUP}`;
/** Number of a message that fits into a segment only as the Java client compresses it. */
export const LONG = 100;
/** How long it is. */
export const LONG_BYTE_LENGTH = 100_000;
/** As the harness's broker is told. */
export const GEOMETRY: Partial<Geometry> = { ...SAMPLE_GEOMETRY, indexEntryCount: 2000 };

const POLL_MS = 20;
const DEADLINE_MS = 120_000;
/** How much of what was handled a failure tells. */
const CALLS_TOLD = 40;

/** What the group does with messages; a call is `number:attempt`. */
export interface ConsumingPlan {
  /** Calls that must come, each once. */
  readonly handled: readonly string[];
  /** Other calls that may come. */
  readonly mayCome?: readonly string[];
  /** Calls that neither end nor fail. */
  readonly left?: readonly string[];
  /** A call that waits for all others but those. */
  readonly last?: string;
  /** How often each number fails before it is done. */
  readonly failures?: Readonly<Record<number, number>>;
  /** What becomes of it. */
  readonly retry?: RetryOptions;
  /** How many messages must be in a queue by the time of the last call. */
  readonly stored?: readonly (readonly [topic: string, count: number, queueId?: number])[];
}

/** A group that consumes. */
export interface Consuming {
  /** Settles when everything has come that must. */
  readonly there: Promise<void>;
  /** Ends the run. */
  end(): Promise<void>;
}

/**
 * The text of a message.
 *
 * @param id Its number.
 * @returns The text.
 */
export function workText(id: number): string {
  return id === LONG ? `m${id}`.repeat(LONG_BYTE_LENGTH / 4) : sentText(id);
}

/**
 * Appends messages as the harness's clients would send them, even numbers to queue 0 of the topic,
 * odd ones to queue 1.
 *
 * @param store An open store.
 * @param ids The numbers.
 */
export async function sendWork(store: Store, ids: readonly number[]): Promise<void> {
  await store.appendAll(ids.map((id) => ({
    ...{ topic: TOPIC, queueId: id % 2, body: workText(id), tags: "TagA", keys: [`k${id}`] },
  })));
}

/**
 * Lets the group consume.
 *
 * @param store An open store.
 * @param plan What it does.
 * @returns The run.
 */
export function startConsuming(store: Store, plan: ConsumingPlan): Consuming {
  const { handled, mayCome = [], left = [], last, failures = {}, retry, stored = [] } = plan;
  const calls: string[] = [];
  const stop = new AbortController();
  const others = handled.filter((call) => call !== last && !left.includes(call));
  const areThere = async (expected: readonly string[]) => {
    const isDone = () =>
      expected.every((call) => calls.includes(call)) &&
      stored.every(([topic, count, queueId]) => store.queue(topic, queueId).endOffset >= count);
    for (const end = Date.now() + DEADLINE_MS; !isDone();) {
      assert.ok(Date.now() < end, `it handled ${calls.slice(0, CALLS_TOLD)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const run = consume(store, TOPIC, {
    ...{ group: GROUP, order: "key", concurrency: 16, retry, signal: stop.signal },
    async handle(message, { attempt, signal }) {
      const id = Number(message.keys[0].slice(1));
      const call = message.text() === workText(id) ? `${id}:${attempt}` : `other text: ${id}`;
      calls.push(call);
      if (call === last) await areThere(others);
      if (left.includes(call)) await aborted(signal);
      if (attempt <= (failures[id] ?? 0)) throw new Error(`m${id} fails`);
    },
  });
  run.catch(() => {});
  return {
    there: areThere(handled),
    async end() {
      stop.abort(new Error("enough"));
      await assert.rejects(run, { message: "enough" });
      const found = calls.filter((call) => handled.includes(call) || !mayCome.includes(call));
      assert.deepEqual(found.toSorted(), handled.toSorted());
    },
  };
}

/**
 * Consumes until everything has come that must; asserts that nothing else did.
 *
 * @param store An open store.
 * @param plan What the group does.
 */
export async function consumeUntil(store: Store, plan: ConsumingPlan): Promise<void> {
  const consuming = startConsuming(store, plan);
  await consuming.there;
  await consuming.end();
}

/**
 * Asserts that the group has nothing left that could be handled now.
 *
 * @param store An open store.
 */
export async function assertNothingLeft(store: Store): Promise<void> {
  const calls: string[] = [];
  await consume(store, TOPIC, {
    group: GROUP,
    handle: (message, { attempt }) => calls.push(`${message.keys}:${attempt}`),
    follow: false,
  });
  assert.deepEqual(calls, []);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

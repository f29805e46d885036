/**
 * A job over the simulated store: it counts and mixes the messages of a topic, and writes an output
 * for each. Whatever dies in between, the outputs must equal a straight computation.
 *
 * @module
 */
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { job } from "../../../adapters/job/mod.ts";
import type { Store, StoredMessage } from "../../../storage/mod.ts";
import { BrokenPromise, numberOf, type StoreLedger } from "./store_ledger.ts";

/** Topic of the outputs. */
export const OUTPUT_TOPIC = "out";

const JOB_NAME = "counter";

/** What the job keeps. */
interface JobState {
  /** Messages so far. */
  readonly count: number;
  /** What their numbers mix to, in order. */
  readonly hash: number;
}

/** What it writes for one message: where the message was, and the state after it. */
interface JobOutput extends JobState {
  readonly queueId: number;
  readonly offset: number;
  readonly number: number;
}

/** How the outputs are judged. */
export interface JobRules {
  /** Whether messages may have been deleted before the job read them. */
  readonly mayMiss: boolean;
  /** Whether the job ran to the end of its source just now. */
  readonly isComplete: boolean;
}

const START: JobState = { count: 0, hash: 0 };

/** The job of one history, and what it promised so far. */
export class JobModel {
  readonly #topic: string;
  readonly #ledger: StoreLedger;
  #floor = 0;

  /** Reads a topic whose messages a ledger knows. */
  constructor(topic: string, ledger: StoreLedger) {
    this.#topic = topic;
    this.#ledger = ledger;
  }

  /**
   * Runs the job to the end of its source.
   *
   * @param store Source and target.
   * @param count How many messages it takes between two checkpoints.
   */
  async run(store: Store, count: number): Promise<void> {
    const { state } = await job<JobState>({
      name: JOB_NAME,
      source: { store, topic: this.#topic },
      store,
      initialState: () => START,
      process: (message, { state, emit }) => {
        const number = numberOf(message.body);
        const next = { count: state.count + 1, hash: mix(state.hash, number) };
        const { queueId, offset } = message;
        const output: JobOutput = { ...next, queueId, offset, number };
        emit({ topic: OUTPUT_TOPIC, body: JSON.stringify(output) });
        return next;
      },
      checkpointEvery: { count },
      follow: false,
    });
    this.#floor = Math.max(this.#floor, state.count);
  }

  /**
   * Compares outputs and checkpoint with a straight computation.
   *
   * @param store A store in which nothing is in flight.
   * @param rules How to judge.
   */
  async check(store: Store, rules: JobRules): Promise<void> {
    const outputs = await readOutputs(store);
    this.#checkChain(outputs, rules);
    const checkpoints = await openCheckpoints<JobState>(store, JOB_NAME, { readOnly: true });
    const latest = await checkpoints.newest();
    const count = latest?.state.count ?? 0;
    if (count < this.#floor) {
      fail("checkpoint", `${count} messages, after ${this.#floor} were saved`);
    }
    this.#floor = count;
    const last = outputs.at(-1);
    if (last === undefined) return;
    if (last.count !== count || last.hash !== latest?.state.hash) {
      fail("outputs", `end at message ${last.count}, and the checkpoint at ${count}`);
    }
    for (const [queueId, { offset }] of lastOfQueues(outputs)) {
      const position = latest.offsets[`${this.#topic}/${queueId}`];
      if (position !== offset + 1) {
        fail(
          "outputs",
          `end at offset ${offset} of queue ${queueId}, the checkpoint at ${position}`,
        );
      }
      const { endOffset } = store.queue(this.#topic, queueId);
      if (rules.isComplete && endOffset !== offset + 1) {
        fail(
          "outputs",
          `end at offset ${offset} of queue ${queueId}, which goes on to ${endOffset}`,
        );
      }
    }
  }

  /**
   * Each message once, in the order of its queue, with the state that a straight computation has
   * there.
   */
  #checkChain(outputs: readonly JobOutput[], { mayMiss }: JobRules): void {
    const next = new Map<number, number>();
    let state: JobState | undefined = mayMiss ? undefined : START;
    for (const output of outputs) {
      const { queueId, offset, number } = output;
      const expected = next.get(queueId) ?? (mayMiss ? offset : 0);
      if (offset < expected || (offset > expected && !mayMiss)) {
        fail("outputs", `have offset ${offset} of queue ${queueId}, where ${expected} comes next`);
      }
      next.set(queueId, offset + 1);
      const count = (state?.count ?? output.count - 1) + 1;
      const hash = state === undefined ? output.hash : mix(state.hash, number);
      if (output.count !== count || output.hash !== hash) {
        fail("outputs", `message ${number} is number ${output.count} instead of ${count}`);
      }
      state = output;
      this.#checkSource(output);
    }
  }

  #checkSource({ queueId, offset, number }: JobOutput): void {
    const entry = this.#ledger.sent[number - 1];
    const isSent = entry?.message.topic === this.#topic && entry.message.queueId === queueId &&
      entry.state !== "gone" && (entry.place === undefined || entry.place.offset === offset);
    if (!isSent) fail("outputs", `speak of message ${number} at offset ${offset} of ${queueId}`);
  }
}

async function readOutputs(store: Store): Promise<JobOutput[]> {
  const queue = store.queue(OUTPUT_TOPIC, 0);
  const from = queue.earliestOffset;
  const limit = queue.endOffset - from;
  const messages: StoredMessage[] = [];
  if (limit > 0) {
    for await (const message of queue.read({ from, limit })) messages.push(message);
  }
  return messages.map((message) => message.json() as JobOutput);
}

function lastOfQueues(outputs: readonly JobOutput[]): Map<number, JobOutput> {
  return new Map(outputs.map((output) => [output.queueId, output]));
}

function mix(hash: number, number: number): number {
  return Math.imul(hash ^ number, 0x9e3779b1) >>> 0;
}

function fail(kind: string, details: string): never {
  throw new BrokenPromise(`${kind}: ${details}`);
}

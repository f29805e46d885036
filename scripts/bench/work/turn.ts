/**
 * One turn of one contestant, as the process that plays it sees it.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Durability, Message } from "../../../mod.ts";
import type { ServerName } from "./servers.ts";
import { Meter, type MeterLimits, type Sample, type Work } from "../meter.ts";

/** Topic of all messages. */
export const TOPIC = "bench";

/** Other bodies one after the other, so that they are not all in the processor's nearest cache. */
const BODY_COUNT = 64;

/** What is done so often is compiled, as far as it will be. */
const WARM_UP_COUNT = 200_000;
/** The warm-up lasts at least and at most so long, turns. */
const LEAST_WARM_UP = 0.5;
const MOST_WARM_UP = 1.5;

/** The two ways to write. */
export type WritePathName = "staged" | "mapped";

/** How work is done; each kind of work looks at what it knows. */
export interface How {
  /** How the store writes. */
  readonly writePath?: WritePathName;
  /** What a settled append means. */
  readonly durability?: Durability;
  /** Bytes of a body; 1,024 when left out. */
  readonly bodyByteLength?: number;
  /** Messages of a batch, of a transaction, or of an array in a stream; 1,000 when left out. */
  readonly batchCount?: number;
  /** Appends, or those who append, at a time. */
  readonly inFlight?: number;
  /** Whether each message has a key of its own. */
  readonly isKeyed?: boolean;
  /** Queues to go round. */
  readonly queueCount?: number;
  /** Those who read at a time. */
  readonly readerCount?: number;
  /** Messages to fill a store with, or that are in it. */
  readonly messageCount?: number;
  /** Whether a stream carries arrays, each a batch. */
  readonly hasArrays?: boolean;
  /** Whether what was written is on the disk at the end, and not only in the page cache. */
  readonly isSynced?: boolean;
  /** Which database. */
  readonly database?: "lmdb" | "sqlite";
  /** Which server. */
  readonly server?: ServerName;
  /** What of the directory is deleted before it is opened. */
  readonly forgotten?: readonly string[];
  /** Whether the store is opened only to read. */
  readonly readOnly?: boolean;
  /** Which of the ways that a kind of work knows. */
  readonly way?: string;
}

/** What a child is told. */
export interface TurnRequest extends MeterLimits {
  /** The kind of work. */
  readonly work: string;
  /** How it is done. */
  readonly how: How;
  /** The tree whose store is measured. */
  readonly root: string;
  /** Where data go: a path where nothing is, or a filled store. */
  readonly path: string;
}

/** How long single calls took, microseconds. */
export interface LatencyMicros {
  /** Half of them. */
  readonly p50: number;
  /** All but one in 100. */
  readonly p99: number;
  /** All but one in 1,000. */
  readonly p999: number;
  /** The longest. */
  readonly max: number;
}

/** What a child tells. */
export interface TurnSample extends Sample {
  /** How long single calls took, where that was measured. */
  readonly latencyMicros?: LatencyMicros;
}

/** The public surface of a tree. */
export type Version = typeof import("../../../mod.ts");
/** Its streams of Node. */
export type NodeVersion = typeof import("../../../adapters/node/mod.ts");

/** One turn. */
export class Turn {
  /** How the work is done. */
  readonly how: How;
  /** Where data go. */
  readonly path: string;
  /** Other bodies, bytes of chance, so that nobody gains by compressing. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  readonly #request: TurnRequest;
  #files = 0;
  #server: number | undefined;
  #sample: Sample | undefined;
  #latencyMicros: LatencyMicros | undefined;

  /** Makes a turn ready. */
  constructor(request: TurnRequest) {
    this.how = request.how;
    this.path = request.path;
    this.#request = request;
    const { bodyByteLength = 1024 } = request.how;
    this.bodies = Array.from(
      { length: BODY_COUNT },
      () => crypto.getRandomValues(new Uint8Array(bodyByteLength)),
    );
  }

  /** What was measured; undefined if the turn was only to make something ready. */
  get sample(): TurnSample | undefined {
    return this.#sample && { ...this.#sample, latencyMicros: this.#latencyMicros };
  }

  /** Messages of a batch. */
  get batchCount(): number {
    return this.how.batchCount ?? 1000;
  }

  /** A path beside that of the turn where nothing is; it is removed with it. */
  freshPath(): string {
    return `${this.path}-${this.#files++}`;
  }

  /** A body; another one for each of some numbers in a row. */
  body(number: number): Uint8Array<ArrayBuffer> {
    return this.bodies[number % BODY_COUNT];
  }

  /** Messages with the bodies. */
  messages(count: number, more: (index: number) => Partial<Message> = () => ({})): Message[] {
    return Array.from(
      { length: count },
      (_, index) => ({ topic: TOPIC, body: this.body(index), ...more(index) }),
    );
  }

  /** The store of the tree that is measured. */
  async version(): Promise<Version> {
    return await this.#load("mod.ts");
  }

  /** The streams of Node of the tree that is measured. */
  async nodeVersion(): Promise<NodeVersion> {
    return await this.#load("adapters/node/mod.ts");
  }

  /** What a process needs that does a part of the work counts too. */
  counts(server: number): void {
    this.#server = server;
  }

  /** Does work until it is compiled, then measures it; the turn can be so many times as long. */
  async measure(work: Work, times = 1): Promise<void> {
    const { seconds, messageCount } = this.#request;
    const start = performance.now();
    const enough = Math.min(WARM_UP_COUNT, messageCount);
    await work((done) => {
      const elapsed = (performance.now() - start) / 1000 / seconds;
      return done === 0 || elapsed < LEAST_WARM_UP || (elapsed < MOST_WARM_UP && done < enough);
    });
    await this.measureOnce(work, times);
  }

  /** Measures work that a process does once: what is compiled meanwhile belongs to it. */
  async measureOnce(work: Work, times = 1): Promise<void> {
    const { seconds, messageCount } = this.#request;
    const limits = { seconds: seconds * times, messageCount: messageCount * times };
    const meter = new Meter(limits, this.#server);
    await meter.measure(work);
    this.#sample = meter.sample;
  }

  /** Tells how long each of all calls took; sorts them. */
  tellLatency(micros: Float64Array): void {
    micros.sort();
    const at = (part: number) =>
      micros[Math.min(Math.floor(micros.length * part), micros.length - 1)];
    this.#latencyMicros = { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  }

  async #load<Module>(file: string): Promise<Module> {
    return await import(pathToFileURL(join(this.#request.root, file)).href);
  }
}

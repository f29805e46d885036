/**
 * What scenes are played with: a directory of their own, bodies, and contestants that are made the
 * same way everywhere.
 *
 * @module
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Message, openStore, type OpenStoreOptions, type Store } from "../../mod.ts";
import type { Workload } from "./bench_options.ts";
import type { Meter } from "./meter.ts";
import type { Peer, PeerKind, PeerOptions } from "./peer.ts";
import type { Contestant } from "./scene.ts";

/** Topic of all messages. */
export const TOPIC = "bench";

/** The two ways to write. */
export const WRITE_PATHS = ["staged", "mapped"] as const;
/** One of them. */
export type WritePathName = (typeof WRITE_PATHS)[number];

/** A directory and a workload. */
export class Stage {
  /** What to do. */
  readonly workload: Workload;
  /** The body of every message: bytes of chance, so that nobody gains by compressing. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly #directory: string;
  #next = 0;

  /**
   * Makes a stage.
   *
   * @param directory An empty directory, absolute.
   * @param workload What to do.
   */
  constructor(directory: string, workload: Workload) {
    this.workload = workload;
    this.#directory = directory;
    this.body = crypto.getRandomValues(new Uint8Array(workload.bodyByteLength));
  }

  /** A path that nobody used before. Nothing is there. */
  freshPath(): string {
    return join(this.#directory, String(this.#next++));
  }

  /** Removes a path. */
  remove(path: string): void {
    if (existsSync(path)) rmSync(path, { recursive: true });
  }

  /** Messages with the body, to a queue that the index of each decides. */
  messages(count: number, queueOf: (index: number) => number = () => 0): Message[] {
    const { body } = this;
    return Array.from({ length: count }, (_, index) => {
      return { topic: TOPIC, body, queueId: queueOf(index) };
    });
  }

  /** Streambed with a fresh store in each round. */
  store(
    name: string,
    options: OpenStoreOptions,
    work: (store: Store, meter: Meter) => Promise<void>,
  ): Contestant {
    return {
      name,
      run: async (meter) => {
        const path = this.freshPath();
        const store = await openStore(path, { durability: "committed", ...options });
        try {
          await work(store, meter);
        } finally {
          await store.close();
          this.remove(path);
        }
      },
    };
  }

  /** A peer with a fresh database in each round. */
  peer(
    kind: PeerKind,
    options: PeerOptions,
    work: (peer: Peer, meter: Meter) => Promise<void>,
  ): Contestant {
    return {
      name: kind.name,
      run: async (meter) => {
        const path = this.freshPath();
        mkdirSync(path);
        const peer = await kind.open(path, options);
        try {
          await work(peer, meter);
        } finally {
          await peer.close();
          this.remove(path);
        }
      },
    };
  }
}

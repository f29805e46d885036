/**
 * Who takes part in a scene, as data: what is played by which program.
 *
 * @module
 */
import type { How, WritePathName } from "../work/turn.ts";

/** The two ways to write. */
export const WRITE_PATHS: readonly WritePathName[] = ["staged", "mapped"];

/**
 * The stores that Streambed is measured against, and raw C. A server of NATS may be there and not
 * know how to sync before it answers.
 */
export const PEERS = [
  "lmdb",
  "SQLite",
  "Redis Streams",
  "NATS JetStream",
  "NATS JetStream, synced",
  "RocketMQ",
  "Kafka",
  "Chronicle",
  "raw C",
] as const;
/** One of them. */
export type PeerName = (typeof PEERS)[number];

/** Those that are servers. */
export type ServerPeer = Extract<PeerName, "Redis Streams" | `NATS ${string}`>;

/** Ends the name of who is on the disk for others and answers before it is. */
export const UNSYNCED = ", unsynced";

/** Work of a child of ours. */
export interface Work {
  /** Its kind. */
  readonly work: string;
  /** How it is done. */
  readonly how: How;
}

/** What plays a turn. */
export type Program =
  /** A child of ours; `fill` says what its path holds, made once for all who ask for the same. */
  | { readonly by: "child"; readonly turn: Work; readonly fill?: Work }
  /** The script `peers`; rates of all its messages, but for those that warm up. */
  | {
    readonly by: "peers";
    readonly words: readonly string[];
    readonly count: number;
    readonly warmUp: number;
  }
  /** `dd`, so many blocks of 1 MiB, with a sync at its end or without. */
  | { readonly by: "dd"; readonly blockCount: number; readonly isSynced: boolean };

/** One who takes part. */
export interface Contestant {
  /** Name in the tables; none has it twice in a scene. */
  readonly name: string;
  /** Streambed itself, another store, or what no store can do without. */
  readonly kind: "ours" | "peer" | "floor";
  /** The store that must be there. */
  readonly peer?: PeerName;
  /** What plays its turns. */
  readonly program: Program;
}

/** What is compared. */
export interface Scene {
  /** Short name, for programs. */
  readonly id: string;
  /** What is done, for people. */
  readonly title: string;
  /** What is counted. */
  readonly unit: "messages" | "openings";
  /** Who takes part, in the order of each round. */
  readonly contestants: readonly Contestant[];
  /** Whether the next scene reads the same stores. */
  readonly keepsFilled?: boolean;
}

/** Streambed. */
export function ours(name: string, turn: Work, fill?: Work): Contestant {
  return { name, kind: "ours", program: { by: "child", turn, fill } };
}

/** Streambed by both ways to write. */
export function bothPaths(work: string, how: How = {}): Contestant[] {
  return WRITE_PATHS.map((writePath) => ours(writePath, { work, how: { ...how, writePath } }));
}

/** What no store can do without, played by a child of ours. */
export function floor(name: string, turn: Work): Contestant {
  return { name, kind: "floor", program: { by: "child", turn } };
}

/** A database in a child of ours. */
export function database(peer: "lmdb" | "SQLite", turn: Work, fill?: Work): Contestant {
  const name = peer === "lmdb" ? "lmdb" : "sqlite";
  const mine = ({ work, how }: Work): Work => ({ work, how: { ...how, database: name } });
  const program = { by: "child", turn: mine(turn), fill: fill && mine(fill) } as const;
  return { name: peer, kind: "peer", peer, program };
}

/** A server that a child of ours starts and asks. */
export function server(peer: ServerPeer, name: string, { work, how }: Work): Contestant {
  const turn: Work = { work, how: { ...how, server: peer === "Redis Streams" ? "redis" : "nats" } };
  return { name, kind: "peer", peer, program: { by: "child", turn } };
}

/** How a program of the script `peers` is called. */
export interface PeerCall {
  /** Name in the tables, if not that of the peer. */
  readonly name?: string;
  /** Its workload, and options beside those of the count. */
  readonly words: readonly string[];
  /** Messages that are measured. */
  readonly count: number;
  /** Messages before them; not said where the program takes no such option. */
  readonly warmUp?: number;
  /** Bytes of bodies in 10^9, for a workload that is told so and not by its count. */
  readonly gigabytes?: number;
}

/** A store in a program of its own. */
export function program(peer: PeerName, call: PeerCall): Contestant {
  const { name = peer, count, warmUp = 0, gigabytes } = call;
  const amount = gigabytes === undefined ? ["--count", count] : ["--gigabytes", gigabytes];
  const words = [
    peer === "raw C" ? "raw" : peer.toLowerCase(),
    ...call.words,
    ...amount.map(String),
    ...(call.warmUp === undefined ? [] : ["--warm-up", String(warmUp)]),
  ];
  return { name, kind: "peer", peer, program: { by: "peers", words, count, warmUp } };
}

/** Zeros into a file. */
export function dd(blockCount: number, isSynced: boolean): Contestant {
  const name = isSynced ? "dd, synced" : "dd";
  return { name, kind: "floor", program: { by: "dd", blockCount, isSynced } };
}

/**
 * What a run is to show: ratios of medians within it, to other stores, to floors, and to another
 * checkout where one takes part.
 *
 * @module
 */
import type { Row, SceneResult } from "./play.ts";
import { ratioOfMedians } from "./statistics.ts";

/** A goal, and whether it was reached. */
export interface GoalResult {
  /** What is compared, for people. */
  readonly claim: string;
  /** What it must be at least, or at most; nothing where the ratio is only published. */
  readonly goal?: string;
  /** What it was. */
  readonly value: number;
  /** Whether that is enough; also where it is only published. */
  readonly isReached: boolean;
}

/** Looks up rows of a run. */
class Figures {
  readonly #scenes: readonly SceneResult[];

  constructor(scenes: readonly SceneResult[]) {
    this.#scenes = scenes;
  }

  row(scene: string, name: string): Row | undefined {
    return this.#scenes.find(({ id }) => id === scene)?.rows.find((row) => row.name === name);
  }

  rate(scene: string, name: string): number | undefined {
    return this.row(scene, name)?.rate.median;
  }

  /** The most memory outside of mappings of any of ours, bytes. */
  memory(): number | undefined {
    const all = this.#scenes.flatMap(({ rows }) => rows.filter(({ kind }) => kind === "ours"));
    return all.length === 0 ? undefined : Math.max(...all.map((row) => row.memoryByteLength));
  }
}

/** One goal. Its value is unknown where what it needs did not take part. */
interface Goal {
  readonly claim: string;
  readonly least?: number;
  readonly most?: number;
  value(figures: Figures): number | undefined;
}

/** "Level with": within what two runs of the same code differ by. */
const LEVEL = 0.95;
const MEBIBYTE = 1024 * 1024;
const PATHS = ["staged", "mapped"] as const;

/**
 * Judges the goals whose scenes were played.
 *
 * @param scenes What they showed.
 * @returns The goals, in order; none that needs who did not take part.
 */
export function judgeGoals(scenes: readonly SceneResult[]): GoalResult[] {
  const figures = new Figures(scenes);
  return GOALS.flatMap(({ claim, least, most, value: valueOf }) => {
    const value = valueOf(figures);
    if (value === undefined) return [];
    const isReached = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    const goal = least !== undefined ? `at least ${least}` : most && `at most ${most}`;
    return [{ claim, ...(goal ? { goal } : {}), value, isReached }];
  });
}

/**
 * The exit code of a run.
 *
 * @param goals The goals.
 * @param isStrict Whether a missed one is an error.
 * @returns 0, or 1 for an error.
 */
export function exitCodeOf(goals: readonly GoalResult[], isStrict: boolean): number {
  return isStrict && goals.some(({ isReached }) => !isReached) ? 1 : 0;
}

/** Ours by the rate of another row of the same scene. */
function against(scene: string, name: string, other: string, least?: number): Goal {
  return {
    claim: `${scene}: ${name} / ${other}`,
    least,
    value(figures) {
      const [row, reference] = [figures.row(scene, name), figures.row(scene, other)];
      return row && reference && ratioOfMedians(row.rate, reference.rate);
    },
  };
}

/** Ours by the rate of the other checkout. */
function today(scene: string, name: string, least: number): Goal {
  return {
    claim: `${scene}: ${name} / the other checkout`,
    least,
    value: (figures) => figures.row(scene, name)?.there?.ratio,
  };
}

/** The slower of the two ways to write by the faster one. */
function level(scene: string, names: readonly [string, string], least: number): Goal {
  return {
    claim: `${scene}: the slower of ${names.join(" and ")} / the other`,
    least,
    value(figures) {
      const [one, other] = names.map((name) => figures.rate(scene, name));
      return one && other && Math.min(one, other) / Math.max(one, other);
    },
  };
}

/** A pipe by what the dropping pipe and `appendAll` take one after the other. */
function together(name: string): Goal {
  return {
    claim: `pipe-web: ${name} / the dropping pipe and appendAll together`,
    least: 0.75,
    value(figures) {
      const [rate, dropped, appended] = [name, "dropping pipe", "appendAll"]
        .map((row) => figures.rate("pipe-web", row));
      return rate && dropped && appended && rate * (1 / dropped + 1 / appended);
    },
  };
}

/** How long all but one in a thousand appends take, by how long they take another store. */
function latency(name: string, other: string): Goal {
  return {
    claim: `latency: ${name} / ${other}, p99.9`,
    value(figures) {
      const [one, reference] = [name, other]
        .map((row) => figures.row("latency", row)?.latencyMicros?.p999);
      return one && reference && one / reference;
    },
  };
}

const GOALS: readonly Goal[] = [
  today("pipe-web", "staged", 2.5),
  today("pipe-web", "mapped", 6),
  level("pipe-web", PATHS, LEVEL),
  ...PATHS.flatMap((path) => [
    together(path),
    against("pipe-web", path, "Deno file", 1.5),
    against("pipe-arrays", path, "appendAll of 100", 0.9),
    against("pipe-arrays", path, "appendAll of 1000"),
    against("pipe-node", path, "fs.createWriteStream", 1.2),
  ]),
  against("source", "web", "dropping pipe, web", 0.5),
  today("source", "node", 1.4),
  today("source", "for await", 1.3),
  ...PATHS.flatMap((path) => [
    today("append", path, 1.6),
    against("append", path, "RocketMQ", 7),
    against("append", path, "RocketMQ, 32 a put", 6.5),
    against("append", path, "Kafka, 16 KiB", 1.7),
    against("append", path, "Kafka, 1 MiB", 1),
    against("append", path, "lmdb", 1.4),
    against("append", path, "Redis Streams"),
    against("append", path, "NATS JetStream"),
    against("append", path, "copy + CRC + write", 0.5),
    today("append-100", path, 1.7),
    against("append-100", path, "Kafka, 16 KiB", 1),
    against("append-100", path, "RocketMQ", 9),
    against("append-100", path, "RocketMQ, 32 a put", 9),
    against("append-100", path, "Chronicle", 0.5),
    today("keys", path, 1.7),
    today("in-flight", `${path}, 4096`, 1.4),
  ]),
  level("in-flight", ["staged, 4096", "mapped, 4096"], LEVEL),
  ...PATHS.flatMap((path) => [
    against("flushed-1", path, "raw C", 0.65),
    against("flushed-16", path, "raw C", 0.75),
    against("flushed-64", path, "raw C", 0.75),
    against("flushed-256", path, "raw C", 0.45),
    against("flushed-1", path, "RocketMQ", 1.9),
    against("flushed-64", path, "RocketMQ", 5),
    against("flushed-1", path, "SQLite"),
    against("flushed-16", path, "SQLite", 1.2),
    against("flushed-64", path, "SQLite", 1.4),
    against("flushed-256", path, "SQLite", 2),
    ...["Redis Streams", "NATS JetStream, synced"].flatMap((other) => [
      against("flushed-1", path, other),
      against("flushed-64", path, other),
    ]),
  ]),
  today("read", "borrow", 1.5),
  today("read", "read", 1.4),
  today("read", "readBatch", 1.4),
  against("read", "borrow", "CRC from memory", 0.7),
  against("readers", "4 readers", "1 reader", 0.9),
  against("readers", "16 readers", "1 reader", 0.85),
  ...PATHS.map((path) => against("recovery", path, "RocketMQ", 1.5)),
  ...PATHS.map((path) => against("queues", `${path}, 10000 queues`, `${path}, 1 queue`, 0.8)),
  ...PATHS.flatMap((path) => [
    against("sustained", path, "dd, flushed alike", 0.9),
    against("sustained", path, "RocketMQ", 2),
    ...["RocketMQ", "Chronicle"].map((other) => latency(path, other)),
  ]),
  against("opening", "full", "empty", 0.8),
  against("growth", "full", "empty", 0.8),
  {
    claim: "memory outside of mappings, any workload, MiB",
    most: 150,
    value(figures) {
      const byteLength = figures.memory();
      return byteLength && byteLength / MEBIBYTE;
    },
  },
];

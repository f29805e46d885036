/**
 * Appending: in batches, many at a time, one by one; committed and flushed; into many queues.
 *
 * @module
 */
import type { Workload } from "../bench_options.ts";
import {
  bothPaths,
  type Contestant,
  database,
  dd,
  floor,
  program,
  type Scene,
  server,
  UNSYNCED,
} from "./contestant.ts";

/** Records that fit into a batch of Kafka's own length, 16 KiB, and into its largest, 1 MiB. */
const KAFKA_BATCHES = {
  1024: { "Kafka, 16 KiB": 15, "Kafka, 1 MiB": 1000 },
  100: { "Kafka, 16 KiB": 150, "Kafka, 1 MiB": 9500 },
} as const;
const ROCKETMQ_BATCH_COUNT = 32;
const BATCH_COUNT = 1000;

/** All scenes of appending. */
export function appendScenes(workload: Workload): Scene[] {
  return [
    batchScene("append", 1024, workload),
    batchScene("append-100", 100, workload),
    keyScene(workload),
    windowScene(workload),
    aloneScene(workload),
    ...[1, 16, 64, 256].map((inFlight) => flushedScene(inFlight, workload)),
    queueScene(workload),
  ];
}

function batchScene(id: string, bodyByteLength: 1024 | 100, workload: Workload): Scene {
  const { peerCount, fileByteLength } = workload;
  const count = peerCount * (bodyByteLength === 100 ? 4 : 1);
  const how = { bodyByteLength, batchCount: BATCH_COUNT };
  const body = ["--body", String(bodyByteLength)];
  const counts = { count, warmUp: peerCount };
  const floors = ["copy", "CRC", "write", "copy+CRC+write"].map((way) =>
    floor(way.replaceAll("+", " + "), { work: "appendFloor", how: { bodyByteLength, way } })
  );
  return {
    id,
    title: `appendAll of ${BATCH_COUNT}, ${bodyByteLength} bytes each, committed and dispatched`,
    unit: "messages",
    contestants: [
      ...bothPaths("appendAll", how),
      ...databases("committed", BATCH_COUNT, bodyByteLength),
      ...(bodyByteLength === 1024 ? unsyncedServers(BATCH_COUNT) : []),
      // Its queue is written message by message, by a thread of its own: that is what limits it.
      program("RocketMQ", { words: ["append", ...body], count: peerCount, warmUp: peerCount }),
      program("RocketMQ", {
        name: `RocketMQ, ${ROCKETMQ_BATCH_COUNT} a put`,
        words: ["append", ...body, "--batch", String(ROCKETMQ_BATCH_COUNT)],
        count: peerCount,
        warmUp: peerCount,
      }),
      ...Object.entries(KAFKA_BATCHES[bodyByteLength]).map(([name, batch]) =>
        program("Kafka", {
          name,
          words: ["append", ...body, "--batch", String(batch), "--build"],
          ...counts,
        })
      ),
      program("Chronicle", { words: ["append", ...body], ...counts }),
      ...floors,
      ...(bodyByteLength === 1024 ? [dd(fileByteLength / 1024 / 1024, false)] : []),
    ],
  };
}

function keyScene({ peerCount }: Workload): Scene {
  return {
    id: "keys",
    title: `appendAll of ${BATCH_COUNT}, a key each, committed and dispatched`,
    unit: "messages",
    contestants: [
      ...bothPaths("appendAll", { isKeyed: true }),
      program("RocketMQ", {
        words: ["append", "--keys"],
        count: peerCount,
        warmUp: peerCount,
      }),
    ],
  };
}

function windowScene({ peerCount }: Workload): Scene {
  const [few, many] = [1000, 4096];
  return {
    id: "in-flight",
    title: "single append() calls, a Promise each, committed",
    unit: "messages",
    contestants: [
      ...[many, few].flatMap((inFlight) =>
        bothPaths("appendWindows", { inFlight }).map((contestant) => ({
          ...contestant,
          name: `${contestant.name}, ${inFlight}`,
        }))
      ),
      program("RocketMQ", {
        name: `RocketMQ, ${many}`,
        words: ["append", "--in-flight", String(many)],
        count: peerCount,
        warmUp: peerCount,
      }),
    ],
  };
}

function aloneScene({ peerCount }: Workload): Scene {
  return {
    id: "one-by-one",
    title: "append() one by one, committed",
    unit: "messages",
    contestants: [
      ...bothPaths("appendInLanes", { inFlight: 1 }),
      ...databases("committed", 1, 1024),
      program("RocketMQ", { words: ["append"], count: peerCount, warmUp: peerCount }),
    ],
  };
}

/** Those who wait share a flush, or are one transaction. */
function flushedScene(inFlight: number, { flushCount }: Workload): Scene {
  // With more of them each flush takes longer.
  const flushes = Math.ceil(flushCount / Math.sqrt(inFlight));
  const counts = { count: flushes * inFlight, warmUp: Math.ceil(flushes / 4) * inFlight };
  const words = ["append-flushed", "--batch", String(inFlight)];
  return {
    id: `flushed-${inFlight}`,
    title: `append(), flushed, ${inFlight} in flight`,
    unit: "messages",
    contestants: [
      ...bothPaths("appendInLanes", { durability: "flushed", inFlight }),
      // Into a file of its final length, as segments are; and with blocks that were written before.
      program("raw C", { words: [...words, "--file", "fallocated"], count: counts.count }),
      program("raw C", {
        name: "raw C, zeroed",
        words: [...words, "--file", "zeroed"],
        count: counts.count,
      }),
      ...databases("flushed", inFlight, 1024),
      ...syncedServers(inFlight),
      program("RocketMQ", {
        words: ["append-flushed", "--in-flight", String(inFlight)],
        ...counts,
      }),
      program("Kafka", { words, ...counts }),
      program("Chronicle", { words, ...counts }),
    ],
  };
}

function databases(
  durability: "committed" | "flushed",
  batchCount: number,
  bodyByteLength: number,
): Contestant[] {
  const how = { durability, batchCount, bodyByteLength };
  return (["lmdb", "SQLite"] as const).map((peer) =>
    database(peer, { work: "appendToDatabase", how })
  );
}

/** They take no batches: so many calls are sent at once, and all are answered before the next. */
function unsyncedServers(inFlight: number): Contestant[] {
  const how = { durability: "committed", inFlight } as const;
  return (["Redis Streams", "NATS JetStream"] as const).map((peer) =>
    server(peer, peer, { work: "serveWindows", how })
  );
}

/** NATS also as it is where it cannot sync before it answers. */
function syncedServers(inFlight: number): Contestant[] {
  const synced = { work: "serveLanes", how: { durability: "flushed", inFlight } } as const;
  const unsynced = { work: "serveLanes", how: { durability: "committed", inFlight } } as const;
  return [
    server("Redis Streams", "Redis Streams", synced),
    server("NATS JetStream, synced", "NATS JetStream, synced", synced),
    server("NATS JetStream", `NATS JetStream${UNSYNCED}`, unsynced),
  ];
}

function queueScene({ queueCount }: Workload): Scene {
  return {
    id: "queues",
    title: `appendAll of ${BATCH_COUNT}, committed, round robin`,
    unit: "messages",
    contestants: [1, queueCount].flatMap((count) =>
      bothPaths("appendAll", { queueCount: count }).map((contestant) => ({
        ...contestant,
        name: `${contestant.name}, ${count} ${count === 1 ? "queue" : "queues"}`,
      }))
    ),
  };
}

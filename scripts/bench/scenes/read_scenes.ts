/**
 * Reading queues, opening stores, and what pages cost.
 *
 * @module
 */
import type { Workload } from "../bench_options.ts";
import { database, floor, ours, program, type Scene, WRITE_PATHS } from "./contestant.ts";

/** All scenes of reading and opening. */
export function readScenes(workload: Workload): Scene[] {
  return [
    readScene(workload),
    readerScene(workload),
    recoveryScene(workload.recoverCount),
    openingScene([1, workload.recoverCount / 4, workload.recoverCount]),
    pageScene(workload),
  ];
}

function readScene({ readCount: messageCount }: Workload): Scene {
  const how = { messageCount };
  const fill = { work: "fillStore", how };
  const peerCall = { words: ["read"], count: messageCount };
  return {
    id: "read",
    title: `${messageCount} messages read in order, bodies touched`,
    unit: "messages",
    contestants: [
      ...["read", "readBatch", "borrow"].map((way) =>
        ours(way, { work: "read", how: { ...how, way } }, fill)
      ),
      ...(["lmdb", "SQLite"] as const).map((peer) =>
        database(peer, { work: "readDatabase", how }, { work: "fillDatabase", how })
      ),
      program("RocketMQ", { ...peerCall, words: ["read", "--batch", "256"] }),
      program("Kafka", { ...peerCall, words: ["read", "--batch", "15"] }),
      program("Chronicle", { ...peerCall, words: ["read", "--access", "in-place"] }),
      floor("CRC from memory", { work: "readFloor", how }),
    ],
  };
}

function readerScene({ readCount: messageCount }: Workload): Scene {
  const fill = { work: "fillStore", how: { messageCount } };
  return {
    id: "readers",
    title: `read() of ${messageCount} messages by several at a time, all together`,
    unit: "messages",
    contestants: [1, 4, 16].map((readerCount) => {
      const how = { messageCount, way: "read", readerCount };
      return ours(readerCount === 1 ? "1 reader" : `${readerCount} readers`, {
        work: "read",
        how,
      }, fill);
    }),
  };
}

/** Opening a store of which nothing is known: every record of the log is verified. */
export function recoveryScene(messageCount: number): Scene {
  const STREAMBED = ["streambed"];
  return {
    id: "recovery",
    title: `opening, the log of ${messageCount} messages verified (streambed/ was deleted)`,
    unit: "messages",
    contestants: [
      ...WRITE_PATHS.map((writePath) =>
        ours(writePath, {
          work: "recover",
          how: { writePath, messageCount, forgotten: STREAMBED },
        }, { work: "fillStore", how: { writePath, messageCount } })
      ),
      ...[
        { name: "queues built anew", how: { forgotten: [...STREAMBED, "consumequeue"] } },
        { name: "readOnly", how: { forgotten: STREAMBED, readOnly: true } },
      ].map(({ name, how }) =>
        ours(name, { work: "recover", how: { messageCount, ...how } }, {
          work: "fillStore",
          how: { writePath: "staged", messageCount },
        })
      ),
      program("RocketMQ", { words: ["recover"], count: messageCount }),
    ],
  };
}

function openingScene(messageCounts: readonly number[]): Scene {
  return {
    id: "opening",
    title: "opening after a clean end, by messages in the store",
    unit: "openings",
    contestants: messageCounts.map((messageCount) => {
      const how = { messageCount };
      const name = messageCount === 1 ? "1 message" : `${messageCount} messages`;
      return ours(name, { work: "openClean", how }, { work: "fillStore", how });
    }),
  };
}

function pageScene({ fileByteLength }: Workload): Scene {
  const ways = {
    "mapping, sparse file": "sparse",
    "mapping, fallocated": "fallocated",
    "mapping, prefaulted": "prefaulted",
    "pwrite of 1 MiB": "written",
  };
  return {
    id: "pages",
    title: "records of 1 KiB into a file by each way, nothing else",
    unit: "messages",
    contestants: Object.entries(ways).map(([name, way]) =>
      floor(name, { work: "fillPages", how: { way, messageCount: fileByteLength / 1024 } })
    ),
  };
}

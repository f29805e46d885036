/**
 * Streams into a topic and out of it, beside the same streams into a file and into nothing.
 *
 * @module
 */
import type { Workload } from "../bench_options.ts";
import type { How } from "../work/turn.ts";
import { bothPaths, dd, floor, ours, type Scene } from "./contestant.ts";

const ARRAY_COUNT = 100;
const APPEND_ALL = { work: "appendAll", how: { writePath: "staged", batchCount: 1000 } } as const;
/** The same batches as the arrays, without a stream. */
const APPEND_ARRAYS = {
  work: "appendAll",
  how: { writePath: "staged", batchCount: ARRAY_COUNT },
} as const;

/** All scenes of streams. */
export function pipeScenes(workload: Workload): Scene[] {
  return [
    ...[false, true].map((isSynced) => webScene(isSynced, workload)),
    ...[false, true].map((isSynced) => arrayScene(isSynced)),
    ...[false, true].map((isSynced) => nodeScene(isSynced, workload)),
    sourceScene(workload),
  ];
}

function webScene(isSynced: boolean, { fileByteLength }: Workload): Scene {
  const how = { isSynced };
  return {
    id: isSynced ? "pipe-web-synced" : "pipe-web",
    title: `Web Streams, pipeTo(sink): chunks, ${end(isSynced)}`,
    unit: "messages",
    contestants: [
      ...bothPaths("pipeWeb", how),
      floor("dropping pipe", { work: "dropWeb", how }),
      floor("Deno file", { work: "pipeWebFile", how }),
      dd(fileByteLength / 1024 / 1024, isSynced),
      ...(isSynced ? [] : [ours("appendAll", APPEND_ALL)]),
    ],
  };
}

function arrayScene(isSynced: boolean): Scene {
  const how: How = { isSynced, hasArrays: true, batchCount: ARRAY_COUNT };
  return {
    id: isSynced ? "pipe-arrays-synced" : "pipe-arrays",
    title: `Web Streams, pipeTo(sink): arrays of ${ARRAY_COUNT}, ${end(isSynced)}`,
    unit: "messages",
    contestants: [
      ...bothPaths("pipeWeb", how),
      floor("dropping pipe", { work: "dropWeb", how }),
      ...(isSynced ? [] : [
        ours(`appendAll of ${ARRAY_COUNT}`, APPEND_ARRAYS),
        ours("appendAll of 1000", APPEND_ALL),
      ]),
    ],
  };
}

function nodeScene(isSynced: boolean, { fileByteLength }: Workload): Scene {
  const how = { isSynced };
  return {
    id: isSynced ? "pipe-node-synced" : "pipe-node",
    title: `node:stream, pipeline to sink: chunks, ${end(isSynced)}`,
    unit: "messages",
    contestants: [
      ...bothPaths("pipeNode", how),
      floor("dropping pipe", { work: "dropNode", how }),
      floor("fs.createWriteStream", { work: "pipeNodeFile", how }),
      dd(fileByteLength / 1024 / 1024, isSynced),
    ],
  };
}

function end(isSynced: boolean): string {
  return isSynced ? "to the end of the sync (close)" : "to the last byte committed";
}

function sourceScene({ readCount: messageCount }: Workload): Scene {
  const fill = { work: "fillStore", how: { messageCount } };
  const source = (name: string, way: string) =>
    ours(name, { work: "read", how: { messageCount, way } }, fill);
  return {
    id: "source",
    title: `sources of ${messageCount} messages into a sink that drops them`,
    unit: "messages",
    contestants: [
      source("web", "web"),
      source("node", "node"),
      source("for await", "for await"),
      floor("dropping pipe, web", { work: "dropWeb", how: {} }),
      floor("dropping pipe, node", { work: "dropNode", how: {} }),
    ],
  };
}

/**
 * A store in the text format of Prometheus.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import { PROMETHEUS_DOOR } from "./rules.ts";

type Labels = Readonly<Record<string, string | number>>;

/** A metric: its samples with their labels. What is named `…_total` counts, all else is a gauge. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/**
 * A store in the text format of Prometheus (version 0.0.4), for whatever serves `/metrics`: bytes
 * and segments of the log, messages of each queue, progress and lag of each group. It looks at what
 * is in memory and reads no record.
 *
 * @example An answer
 * ```ts ignore
 * const headers = { "content-type": "text/plain; version=0.0.4" };
 * const response = new Response(prometheusText(store), { headers });
 * ```
 *
 * @param store An open store, also one that is only read.
 * @returns Lines, the last one ended too.
 * @throws {StoreError<"CLOSED">} If the store is closed.
 */
export function prometheusText(store: Store): string {
  checkCall(PROMETHEUS_DOOR, store);
  return [...logFamilies(store), ...queueFamilies(store), ...groupFamilies(store)]
    .flatMap(linesOf).join("");
}

function logFamilies({ info }: Store): Family[] {
  const { path, role, durability, writePath, storeId = "" } = info;
  const labels = { path, role, durability, write_path: writePath, store_id: storeId };
  const none = {};
  return [
    {
      name: "streambed_store_info",
      help: "What the store is; always 1.",
      samples: [[labels, 1]],
    },
    {
      name: "streambed_log_committed_bytes_total",
      help: "Bytes of records that were ever committed: the position after the last of them.",
      samples: [[none, info.committedPosition]],
    },
    {
      name: "streambed_log_flushed_bytes_total",
      help: "Bytes of records that are on the disk.",
      samples: [[none, info.flushedPosition]],
    },
    {
      name: "streambed_log_deleted_bytes_total",
      help: "Bytes of records that retention has deleted: the first position that is there.",
      samples: [[none, info.earliestPosition]],
    },
    {
      name: "streambed_log_segments",
      help: "Segments of the log.",
      samples: [[none, info.segmentCount]],
    },
    {
      name: "streambed_notes",
      help: "What was noticed that is not an error.",
      samples: [[none, info.notes.length]],
    },
  ];
}

function queueFamilies(store: Store): Family[] {
  const queues = store.topics().flatMap(({ topic, queues }) =>
    queues.map((queue) => ({ ...queue, labels: { topic, queue: queue.queueId } }))
  );
  return [
    {
      name: "streambed_queue_messages_total",
      help: "Messages that were ever in the queue: the offset after the last of them.",
      samples: queues.map(({ labels, endOffset }) => [labels, endOffset] as const),
    },
    {
      name: "streambed_queue_deleted_messages_total",
      help: "Messages of the queue that retention has deleted: the first offset that is there.",
      samples: queues.map(({ labels, earliestOffset }) => [labels, earliestOffset] as const),
    },
  ];
}

function groupFamilies(store: Store): Family[] {
  const groups = store.groups().map(({ group, topic, queueId, offset, lagCount }) => ({
    labels: { group, topic, queue: queueId },
    offset,
    lagCount,
  }));
  return [
    {
      name: "streambed_group_offset",
      help: "Offset that the group reads next.",
      samples: groups.map(({ labels, offset }) => [labels, offset] as const),
    },
    {
      name: "streambed_group_lag_messages",
      help: "Messages between there and the end of the queue.",
      samples: groups.map(({ labels, lagCount }) => [labels, lagCount] as const),
    },
  ];
}

function linesOf({ name, help, samples }: Family): string[] {
  const type = name.endsWith("_total") ? "counter" : "gauge";
  return [
    `# HELP ${name} ${help}\n`,
    `# TYPE ${name} ${type}\n`,
    ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`),
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(`${value}`)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (sign) => sign === "\n" ? "\\n" : `\\${sign}`);
}

/**
 * The table of README: Streambed beside what its users would pick instead.
 *
 * @module
 */
import { formatTable } from "./markdown_table.ts";
import type { Row, SceneResult } from "./play.ts";
import { formatMachine, formatThousands } from "./report.ts";
import type { Run } from "./run.ts";
import { UNSYNCED } from "./scenes/contestant.ts";

/** Scenes that people ask for, in their words. */
const ROWS: readonly (readonly [scene: string, words: string])[] = [
  ["append", "1,000 at a time, in the page cache"],
  ["flushed-1", "one after the other, on the disk"],
  ["flushed-16", "16 at a time, on the disk"],
  ["flushed-64", "64 at a time, on the disk"],
  ["flushed-256", "256 at a time, on the disk"],
];

/** A store, and what a settled append means for it. */
interface Column {
  readonly head: string;
  /** What its rows begin with; of several the fastest counts. */
  readonly name: string;
  readonly disk: string;
  readonly cache?: string;
}

const COLUMNS: readonly Column[] = [
  {
    head: "Streambed",
    name: "staged",
    disk: 'Streambed `"flushed"`',
    cache: 'Streambed `"committed"`',
  },
  {
    head: "SQLite",
    name: "SQLite",
    disk: "SQLite WAL and `synchronous=FULL`",
    cache: "SQLite `synchronous=OFF`",
  },
  { head: "lmdb", name: "lmdb", disk: "lmdb synchronous", cache: "lmdb `noSync`" },
  {
    head: "Redis Streams",
    name: "Redis Streams",
    disk: "Redis `appendfsync always`",
    cache: "Redis `appendfsync no`",
  },
  { head: "NATS JetStream", name: "NATS JetStream", disk: "NATS `sync_interval: always`" },
  { head: "RocketMQ", name: "RocketMQ", disk: "RocketMQ `SYNC_FLUSH`" },
  { head: "Kafka's log", name: "Kafka", disk: "Kafka synced after each batch" },
  { head: "Chronicle", name: "Chronicle", disk: "Chronicle synced after each batch" },
];

const SERVERS = ["Redis Streams", "NATS JetStream"];

/**
 * The table, and under it what it was made by. It has no column for a store that did not take part.
 *
 * @param run A run of `deno task bench`.
 * @returns Markdown, without a heading of its own.
 */
export function formatComparison(run: Run): string {
  const played = ROWS.flatMap(([id, words]) => {
    const scene = run.scenes.find((one) => one.id === id);
    return scene === undefined ? [] : [{ scene, words }];
  });
  const columns = COLUMNS.filter(({ name }) =>
    played.some(({ scene }) => rowsOf(scene, name).length > 0)
  );
  const heads = ["thousand messages of 1 KiB a second", ...columns.map(({ head }) => head)];
  const rows = played.map((
    { scene, words },
  ) => [words, ...columns.map(({ name }) => cellOf(scene, name))]);
  return [formatTable(heads, rows), "", ...formatNotes(run, columns, rows.flat())].join("\n");
}

function formatNotes(
  run: Run,
  columns: readonly Column[],
  cells: readonly string[],
): string[] {
  const hasUnsynced = cells.some((cell) => cell.startsWith("("));
  const disks = columns.filter(({ name }) => !(hasUnsynced && name === "NATS JetStream"));
  const caches = columns.flatMap(({ cache }) => cache ?? []);
  return [
    `${run.day}: ${formatMachine(run.machine)} at the start; the middle of ${run.rounds} rounds of`,
    `\`deno task bench\`, all in turns. On the disk: ${disks.map(({ disk }) => disk).join(", ")};`,
    `in the page cache: ${caches.join(", ")}.`,
    ...(columns.some(({ name }) => SERVERS.includes(name))
      ? [
        "Redis and NATS are servers: a message crosses a socket to another process, and so does its",
        "answer.",
      ]
      : []),
    ...(hasUnsynced
      ? ["In parentheses: that version of NATS answers before it syncs, whatever it is told."]
      : []),
  ];
}

/** What is not synced before it is answered stands in parentheses. */
function cellOf(scene: SceneResult, name: string): string {
  const rows = rowsOf(scene, name);
  const synced = rows.filter((row) => !isUnsynced(row));
  const best = Math.max(...(synced.length > 0 ? synced : rows).map(({ rate }) => rate.median));
  if (rows.length === 0) return "-";
  return synced.length > 0 ? formatThousands(best) : `(${formatThousands(best)})`;
}

function rowsOf({ rows }: SceneResult, name: string): Row[] {
  return rows.filter((row) => row.name === name || row.name.startsWith(`${name},`));
}

function isUnsynced({ name }: Row): boolean {
  return name.endsWith(UNSYNCED);
}

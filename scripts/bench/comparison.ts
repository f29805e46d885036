/**
 * The table of README: Streambed beside what its users would pick instead.
 *
 * @module
 */
import { formatTable } from "./markdown_table.ts";
import type { SceneResult } from "./play.ts";
import { formatMachine, formatThousands } from "./report.ts";
import type { Run } from "./run.ts";

/** Scenes that people ask for, in their words. */
const ROWS: readonly (readonly [scene: string, words: string])[] = [
  ["append", "1,000 at a time, in the page cache"],
  ["flushed-1", "one after the other, on the disk"],
  ["flushed-16", "16 at a time, on the disk"],
  ["flushed-64", "64 at a time, on the disk"],
  ["flushed-256", "256 at a time, on the disk"],
];

/** A store, and what its rows begin with; of several the fastest counts. */
const COLUMNS: readonly (readonly [head: string, names: string])[] = [
  ["Streambed", "staged"],
  ["SQLite", "SQLite"],
  ["lmdb", "lmdb"],
  ["RocketMQ", "RocketMQ"],
  ["Kafka's log", "Kafka"],
  ["Chronicle", "Chronicle"],
];

/**
 * The table, and under it what it was made by.
 *
 * @param run A run of `deno task bench`.
 * @returns Markdown, without a heading of its own.
 */
export function formatComparison(run: Run): string {
  const rows = ROWS.flatMap(([id, words]) => {
    const scene = run.scenes.find((one) => one.id === id);
    return scene === undefined ? [] : [[words, ...COLUMNS.map(([, name]) => best(scene, name))]];
  });
  const heads = ["thousand messages of 1 KiB a second", ...COLUMNS.map(([head]) => head)];
  return [
    formatTable(heads, rows),
    "",
    `${run.day}: ${formatMachine(run.machine)} at the start; the middle of ${run.rounds} rounds of`,
    '`deno task bench`, all in turns. On the disk: Streambed `"flushed"`, SQLite WAL and',
    "`synchronous=FULL`, lmdb synchronous, RocketMQ `SYNC_FLUSH`, Kafka and Chronicle synced after",
    'each batch; in the page cache: Streambed `"committed"`, SQLite `synchronous=OFF`, lmdb `noSync`.',
  ].join("\n");
}

function best({ rows }: SceneResult, name: string): string {
  const rates = rows
    .filter((row) => row.name === name || row.name.startsWith(`${name},`))
    .map(({ rate }) => rate.median);
  return rates.length === 0 ? "-" : formatThousands(Math.max(...rates));
}

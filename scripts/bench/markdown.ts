/**
 * The figures of a run as Markdown.
 *
 * @module
 */
import type { GoalResult } from "./goals.ts";
import { formatTable } from "./markdown_table.ts";
import type { SceneResult } from "./play.ts";
import {
  formatLatency,
  formatMachine,
  formatNeeds,
  formatPeer,
  formatRate,
  hasLatency,
  unitOf,
} from "./report.ts";
import type { Run } from "./run.ts";

/**
 * All tables of a run.
 *
 * @param run The run.
 * @returns Markdown, without a heading of its own.
 */
export function formatRun(run: Run): string {
  return [
    formatIntroduction(run),
    ...run.scenes.map(formatScene),
    ...(run.goals.length === 0 ? [] : [formatGoals(run.goals)]),
  ].join("\n\n");
}

function formatIntroduction(run: Run): string {
  const { day, machine, peers, rounds, seconds, touched, isQuick, isCompared } = run;
  const missing = peers.filter(({ version }) => version === undefined);
  const there = peers.flatMap(({ name, version }) => version ? [`${name} ${version}`] : []);
  return [
    `${day}: ${formatMachine(machine)} at the start. ${there.join(", ")}.`,
    ...missing.map((peer) => `${formatPeer(peer)}.`),
    `${rounds} rounds, ${seconds} s a turn; ${(touched.byteLength / 1e9).toFixed(1)} GB of memory`,
    "touched before. Thousands of messages a second, min / median / max; ratios are those of the",
    "medians. Processor time in µs, page faults a thousand and bytes of dirty pages are a message's;",
    "MiB is the most memory of the process outside of mappings. A store in a program of its own",
    "(RocketMQ, Kafka, Chronicle, raw C, dd) counts with its start and its warm-up in these.",
    ...(there.some((peer) => /^(Redis|NATS)/.test(peer))
      ? [
        "Redis and NATS are asked across a socket by a process of Deno: what both processes need",
        "counts, and the memory is that of the one that asks.",
      ]
      : []),
    ...(isCompared ? ['"There" is the other checkout.'] : []),
    ...(isQuick ? ["Made by `--quick`: these figures show that it works, and nothing else."] : []),
  ].join("\n");
}

/** One scene. */
function formatScene({ id, title, unit, rows }: SceneResult): string {
  const first = rows.find(({ kind }) => kind === "ours");
  const hasThere = rows.some(({ there }) => there !== undefined);
  const heads = [
    `\`${id}\``,
    `${unitOf(unit)}, min / median / max`,
    ...(first === undefined ? [] : [`${first.name} / it`]),
    ...(hasThere ? ["it / it there"] : []),
    "CPU µs",
    "faults",
    "major",
    "bytes",
    "MiB",
    ...(hasLatency(rows) ? ["p50 µs", "p99.9 µs", "max ms"] : []),
  ];
  const cells = rows.map((row) => [
    row.kind === "ours" ? `**${row.name}**` : row.kind === "floor" ? `*${row.name}*` : row.name,
    formatRate(row.rate, unit).join(" / "),
    ...(first === undefined ? [] : [(first.rate.median / row.rate.median).toFixed(2)]),
    ...(hasThere ? [row.there?.ratio?.toFixed(2) ?? (row.there ? "missing there" : "")] : []),
    ...formatNeeds(row),
    ...(hasLatency(rows) ? formatLatency(row) : []),
  ]);
  return `**${title}**\n\n${formatTable(heads, cells)}`;
}

function formatGoals(goals: readonly GoalResult[]): string {
  return formatTable(
    ["what is compared", "reached", "goal", ""],
    goals.map(({ claim, goal, value, isReached }) => [
      claim,
      value.toFixed(2),
      goal ?? "published",
      goal === undefined ? "" : isReached ? "PASS" : "MISS",
    ]),
  );
}

/**
 * The figures as text, for people who wait for them.
 *
 * @module
 */
import type { GoalResult } from "./goals.ts";
import type { Machine } from "./machine.ts";
import type { Peer } from "./peers.ts";
import type { Row, SceneResult } from "./play.ts";
import type { Run } from "./run.ts";
import type { Spread } from "./statistics.ts";

const NAME_WIDTH = 24;
const WIDTH = 9;
const MEBIBYTE = 1024 * 1024;

/** One line about the machine. */
export function formatMachine(machine: Machine): string {
  const { cores, kernel, fileSystem, runtime, load } = machine;
  return `${cores} cores, Linux ${kernel}, ${fileSystem}, ${runtime}; load ${load.toFixed(1)}`;
}

/** Some lines about a run that begins. */
export function formatHead(run: Omit<Run, "scenes" | "goals">): string {
  const { machine, peers, rounds, seconds, touched, isQuick } = run;
  const gigabytes = (touched.byteLength / 1e9).toFixed(1);
  return [
    formatMachine(machine),
    ...peers.map(formatPeer),
    `${rounds} rounds, ${seconds} s a turn, each in a process of its own; ` +
    `${gigabytes} GB of memory touched before, in ${touched.seconds.toFixed(1)} s`,
    ...(isQuick ? ["--quick: these figures show that it works, and nothing else"] : []),
  ].join("\n");
}

/** One line about a store that takes part, or does not. */
export function formatPeer({ name, version, missing }: Peer): string {
  return version === undefined ? `${name} is missing: ${missing}` : `${name}: ${version}`;
}

/**
 * The table of a scene. Ratios are those of the medians.
 *
 * @param result What it showed.
 * @returns Lines.
 */
export function formatScene({ title, unit, rows }: SceneResult): string {
  const first = rows.find(({ kind }) => kind === "ours");
  const heads = [
    `${unitOf(unit)} min`,
    "median",
    "max",
    ...(first === undefined ? [] : [`${first.name} / it`]),
    ...(rows.some(({ there }) => there !== undefined) ? ["/ there"] : []),
    "cpu µs",
    "faults/k",
    "major/k",
    "B written",
    "MiB",
    ...(hasLatency(rows) ? ["p50 µs", "p99.9 µs", "max ms"] : []),
  ];
  const widths = heads.map((head) => Math.max(WIDTH, head.length));
  function line(name: string, cells: readonly string[]): string {
    const padded = cells.map((cell, index) => cell.padStart(widths[index]));
    return `  ${name.padEnd(NAME_WIDTH)}${padded.join("  ")}`;
  }
  function cellsOf(row: Row): string[] {
    return [
      ...formatRate(row.rate, unit),
      ...(first === undefined ? [] : [(first.rate.median / row.rate.median).toFixed(2)]),
      ...(heads.includes("/ there") ? [row.there?.ratio?.toFixed(2) ?? "-"] : []),
      ...formatNeeds(row),
      ...(hasLatency(rows) ? formatLatency(row) : []),
    ];
  }
  const missing = rows.flatMap(({ name, there }) =>
    there?.missing === undefined ? [] : [`  ${name} is missing there: ${there.missing}`]
  );
  return [title, line("", heads), ...rows.map((row) => line(row.name, cellsOf(row))), ...missing]
    .join("\n");
}

/** What the numbers of a scene are. */
export function unitOf(unit: SceneResult["unit"]): string {
  return unit === "messages" ? "k/s" : "ms";
}

/** Least, middle and greatest: thousands a second, or milliseconds for each. */
export function formatRate({ min, median, max }: Spread, unit: SceneResult["unit"]): string[] {
  if (unit === "messages") return [min, median, max].map(formatThousands);
  return [max, median, min].map((rate) => (1000 / rate).toFixed(1));
}

/** Processor time, faults, bytes written and memory. */
export function formatNeeds(row: Row): string[] {
  return [
    row.cpuMicros.toFixed(2),
    row.minorFaults.toFixed(1),
    row.majorFaults.toFixed(1),
    row.writtenByteLength.toFixed(0),
    (row.memoryByteLength / MEBIBYTE).toFixed(0),
  ];
}

/** Whether the rows of a scene tell how long single calls took. */
export function hasLatency(rows: readonly Row[]): boolean {
  return rows.some(({ kind, latencyMicros }) => kind === "ours" && latencyMicros !== undefined);
}

/** Half of the calls, all but one in 1,000, microseconds; the longest, milliseconds. */
export function formatLatency({ latencyMicros }: Row): string[] {
  if (latencyMicros === undefined) return ["-", "-", "-"];
  const { p50, p999, max } = latencyMicros;
  return [p50.toFixed(1), p999.toFixed(0), (max / 1000).toFixed(1)];
}

/** A rate in thousands, with three digits or a little more. */
export function formatThousands(rate: number): string {
  const thousands = rate / 1000;
  if (thousands >= 100) return Math.round(thousands).toLocaleString("en-US");
  return thousands.toFixed(thousands < 10 ? 2 : 1);
}

/**
 * The line of a goal.
 *
 * @param result The goal.
 * @returns A line that starts with PASS or MISS, or with four blanks where nothing is asked.
 */
export function formatGoal({ claim, goal, value, isReached }: GoalResult): string {
  const verdict = goal === undefined ? "    " : isReached ? "PASS" : "MISS";
  return `${verdict}  ${value.toFixed(2).padStart(6)}  ${claim}${goal ? ` (${goal})` : ""}`;
}

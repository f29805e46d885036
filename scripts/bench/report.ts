/**
 * The figures as a table.
 *
 * @module
 */
import type { FloorResult } from "./floors.ts";
import type { Machine } from "./machine.ts";
import type { Row, SceneResult } from "./scene.ts";

const NAME_WIDTH = 24;
const WIDTH = 9;

/** One line about the machine. */
export function formatMachine(machine: Machine): string {
  const { cores, kernel, fileSystem, runtime, load } = machine;
  return `${cores} cores, Linux ${kernel}, ${fileSystem}, ${runtime}; load ${load.toFixed(1)}`;
}

/**
 * The table of a scene.
 *
 * @param result What it showed.
 * @returns Lines.
 */
export function formatScene({ title, unit, rows }: SceneResult): string {
  const references = [...new Set(rows.flatMap(({ ratios }) => Object.keys(ratios)))];
  const isBytes = unit === "bytes";
  const heads = [
    isBytes ? "GB/s min" : "k/s min",
    "median",
    "max",
    ...references.map((name) => `x ${name}`),
    isBytes ? "faults/MiB" : "faults/k",
    "major",
  ];
  const widths = heads.map((head) => Math.max(WIDTH, head.length));
  function line(name: string, cells: readonly string[]): string {
    const padded = cells.map((cell, index) => cell.padStart(widths[index]));
    return `  ${name.padEnd(NAME_WIDTH)}${padded.join("  ")}`;
  }
  return [
    title,
    line("", heads),
    ...rows.map((row) => line(row.name, cellsOf(row, isBytes, references))),
  ].join("\n");
}

function cellsOf(row: Row, isBytes: boolean, references: readonly string[]): string[] {
  const { min, median, max } = row.rate;
  return [
    ...[min, median, max].map((rate) => isBytes ? (rate / 1e9).toFixed(2) : formatThousands(rate)),
    ...references.map((name) => row.ratios[name]?.median.toFixed(2) ?? "-"),
    row.minorFaults.toFixed(1),
    row.majorFaults.toFixed(1),
  ];
}

function formatThousands(rate: number): string {
  const thousands = rate / 1000;
  return thousands < 100 ? thousands.toFixed(2) : thousands.toFixed(0);
}

/**
 * The line of a floor.
 *
 * @param result The floor.
 * @returns A line that starts with PASS or MISS.
 */
export function formatFloor({ claim, floor, value, isReached }: FloorResult): string {
  return `${isReached ? "PASS" : "MISS"}  ${value.toFixed(2)}  ${claim} (floor ${floor})`;
}

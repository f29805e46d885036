/**
 * What came of the rounds, as a table and as a verdict.
 *
 * @module
 */
import { mayDie } from "./cells.ts";
import type { CellResult } from "./truncation_rounds.ts";

/**
 * The kernel takes a lease away after 45 s; who has to wait for half of that waited for the kernel,
 * not for us.
 */
const WAIT_MAX_MS = 20_000;

const ODD_COUNT_MAX = 5;

const HEAD = [
  ["guard", "segment", "write path", "what is done"],
  ["rounds", "died", "noticed", "wrong shown", "waited, ms: least", "median", "most"],
].flat();

/**
 * Makes a Markdown table, one line a cell.
 *
 * @param results What was seen.
 * @returns The lines. A cell that is known to kill has a star at its deaths.
 */
export function matrixLines(results: readonly CellResult[]): string[] {
  const rows = results.filter(({ rounds }) => rounds > 0).map((result) => {
    const { cell, rounds, died, noticed, wrong } = result;
    const waits = result.waitsMs.toSorted((one, other) => one - other);
    return [
      ...[cell.tier, cell.target, cell.path, cell.method],
      ...[rounds, `${died}${mayDie(cell) ? "*" : ""}`, noticed, wrong].map(String),
      ...[waits[0], waits[Math.floor(waits.length / 2)], waits.at(-1)!].map(msText),
    ];
  });
  const rule = HEAD.map((_, index) => index < 4 ? "---" : "--:");
  const lines = [HEAD, rule, ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [...lines, "", "\\* Known to kill."];
}

/**
 * Judges what was seen.
 *
 * @param results What was seen.
 * @returns Broken promises, in words; none if all is as promised.
 */
export function brokenPromises(results: readonly CellResult[]): string[] {
  return results.flatMap((result) => {
    const { tier, target, path, method } = result.cell;
    const name = `${tier}, ${target}, ${path}, ${method}`;
    return breachesOf(result).map((breach) => `${name}: ${breach}`);
  });
}

function breachesOf(result: CellResult): string[] {
  const { cell, died, wrong, odd } = result;
  const breaches = [...new Set(odd)].slice(0, ODD_COUNT_MAX);
  if (died > 0 && !mayDie(cell)) breaches.push(`${died} died`);
  if (wrong > 0) breaches.push(`${wrong} messages were shown wrong`);
  const waitedMs = Math.max(0, ...result.waitsMs);
  if (waitedMs > WAIT_MAX_MS) breaches.push(`somebody waited ${msText(waitedMs)} ms`);
  return breaches;
}

function msText(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

/**
 * The scores as Markdown.
 *
 * @module
 */
import { formatTable } from "../markdown_table.ts";
import type { PlayerScore, TurnScore } from "./play.ts";
import { FUNCTION_TURNS, type TurnId } from "./turns.ts";

const TITLES: Readonly<Record<TurnId, string>> = {
  "append-all": "append, batches of 1,000, committed",
  "append-in-flight": "append, 1,000 calls in flight, committed",
  "flush-1": "append, flushed, 1 in flight",
  "flush-16": "append, flushed, 16 in flight",
  "read": "`read()`, copies",
  "borrow": "`borrowSync()`",
  "call": "an empty call of libc, by itself",
  "zlib-crc32": "`crc32` of `node:zlib`, 1 KiB, by itself",
  "crc32": "CRC-32 as the store takes it, 1 KiB, by itself",
};

/**
 * Makes the tables.
 *
 * @param scores The scores.
 * @returns Markdown: the rates as ratios, then how many calls of libc a message takes.
 */
export function formatTables(scores: readonly TurnScore[]): string {
  const [first, ...others] = scores[0].players.map(({ name }) => name);
  const ratios = formatTable(
    ["thousands a second", first, ...others.map((name) => `${name} / ${first}`)],
    scores.map(({ id, players: [own, ...rest] }) => [
      TITLES[id],
      formatRates(own),
      ...rest.map(formatRatio),
    ]),
  );
  const calls = formatTable(
    ["calls of libc a message", first, ...others],
    scores.filter(({ id }) => !FUNCTION_TURNS.includes(id)).map(({ id, players }) => [
      TITLES[id],
      ...players.map(({ callsPerMessage }) => callsPerMessage.toFixed(3)),
    ]),
  );
  return `${ratios}\n\n${calls}`;
}

function formatRatio({ ratio: { min, median, max } }: PlayerScore): string {
  return `${min.toFixed(2)} / ${median.toFixed(2)} / ${max.toFixed(2)}`;
}

function formatRates({ rate: { min, median, max } }: PlayerScore): string {
  return [min, median, max].map((rate) =>
    Number((rate / 1000).toPrecision(3)).toLocaleString("en-US")
  ).join(" / ");
}

/**
 * The tables of docs/events.md against the source: every event with its fields, every metric with
 * its unit.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EVENT_NAMES } from "../support/heard_events.ts";

const PAGE = "../../docs/events.md";
const EVENT = /readonly "(streambed:[a-z]+)": StoreEvent(?:;| & \{\n([^]*?)\n {2}\};)/g;

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The rows of the page whose first cell is a name in backticks, as cells. */
function rows(name: RegExp): Map<string, string[]> {
  const cells = read(PAGE).split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return new Map(cells.flatMap(([first, ...others]) => {
    const found = name.exec(first)?.[1];
    return found === undefined ? [] : [[found, others] as const];
  }));
}

test("docs/events.md lists each event with its fields, and no other", () => {
  const source = [...read("../../storage/events.ts").matchAll(EVENT)];
  const types = new Map(source.map(([, name, body = ""]) => {
    return [name, [...body.matchAll(/readonly (\w+):/g)].map(([, field]) => field)] as const;
  }));
  assert.deepEqual([...types.keys()], EVENT_NAMES);
  const table = rows(/^`"(streambed:[a-z]+)"`$/);
  assert.deepEqual([...table.keys()], EVENT_NAMES);
  for (const [name, [, fields]] of table) {
    const listed = [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field);
    assert.deepEqual(listed, types.get(name), name);
  }
});

test("docs/events.md lists each metric with its unit, and no other", () => {
  const source = read("../../adapters/otel/instrument.ts").replaceAll(/\(\s+/g, "(");
  const calls = /(?:counter|duration|create\w+)\((?:\s*meter,)?\s*"([a-z_.]+)"/g;
  const named = [...source.matchAll(calls)].map(([, name]) => name);
  const table = rows(/^`((?:messaging|streambed)\.[a-z._]+)`$/);
  assert.deepEqual([...table.keys()].sort(), named.sort());
  for (const [name, [kind, unit]] of table) {
    const after = source.slice(source.indexOf(`"${name}"`));
    const told = kind === "histogram" && unit === "`s`" ? "s" : /"([{}\w]+)"/.exec(after)?.[1];
    assert.equal(unit, `\`${told}\``, name);
  }
});

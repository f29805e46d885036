/**
 * The table of errors and the type say the same: each code once, with its reasons.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const CODE = /readonly ([A-Z_]+):([^;]+);/g;

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

function declared(): Map<string, string[]> {
  const source = read("errors.ts");
  const from = source.indexOf("interface StoreErrorReasons");
  const block = source.slice(from, source.indexOf("\n}\n", from)).replaceAll(/\/\*\*.*\*\//g, "");
  return new Map(
    [...block.matchAll(CODE)].map(([, code, type]) => {
      return [code, [...type.matchAll(/"([\w-]+)"/gi)].map(([, reason]) => reason)];
    }),
  );
}

function told(): Map<string, string[]> {
  const page = read("docs/errors.md");
  const table = page.slice(page.indexOf("## Codes"), page.indexOf("## What mends damage"));
  const rows = table.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  const found = rows.filter(([, code]) => /^`[A-Z_]+`$/.test(code ?? ""));
  return new Map(
    found.map(([, code, reasons]) => {
      return [code.slice(1, -1), [...reasons.matchAll(/`([\w-]+)`/gi)].map(([, one]) => one)];
    }),
  );
}

test("docs/errors.md lists each code of StoreError with its reasons, and no other", () => {
  const codes = declared();
  assert.ok(codes.size > 15);
  assert.deepEqual(told(), codes);
});

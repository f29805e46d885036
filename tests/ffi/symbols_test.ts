/**
 * The table of libc functions: what can be checked without calling them.
 *
 * @module
 */
import { LIBC_SYMBOLS, type LibcSymbol } from "../../ffi/symbols.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SOURCE = readFileSync(new URL("../../ffi/symbols.ts", import.meta.url), "utf8");
const TABLE = Object.entries<LibcSymbol>(LIBC_SYMBOLS);

test("LIBC_SYMBOLS runs on another thread what has a twin that does not, with the same signature", () => {
  const table = new Map(TABLE);
  for (const [name, symbol] of TABLE) {
    assert.equal(symbol.async === true, name.endsWith("Async"), name);
    const twin = table.get(name.replace(/Async$/, ""));
    if (symbol.async !== true || twin === undefined) continue;
    assert.deepEqual([twin.parameters, twin.result], [symbol.parameters, symbol.result]);
    assert.equal(symbol.symbol, name.replace(/Async$/, ""));
  }
});

test("LIBC_SYMBOLS says the C type beside every parameter and result", () => {
  const table = SOURCE.slice(SOURCE.indexOf("LIBC_SYMBOLS = {"), SOURCE.indexOf("} as const;"));
  const types = table.match(/"(i32|u32|i64|usize|address|bytes)",? (?=\/\* )/g) ?? [];
  const expected = TABLE.reduce((sum, [, { parameters }]) => sum + parameters.length + 1, 0);
  assert.equal(types.length, expected);
});

test("LIBC_SYMBOLS gives every address back as an address", () => {
  for (const [name, { result }] of TABLE) {
    const returnsPointer = ["__errno_location", "memcpy", "mmap"].includes(name);
    assert.equal(result === "address", returnsPointer, name);
  }
});

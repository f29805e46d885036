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

/** The types that a C type may have in the table; `*` stands for every pointer. */
const NEUTRAL: Readonly<Record<string, readonly string[]>> = {
  "*": ["bytes", "address", "usize"],
  "int": ["i32", "i64"],
  "long": ["i64"],
  "mode_t": ["u32"],
  "nfds_t": ["usize"],
  "off_t": ["i64"],
  "pid_t": ["i32"],
  "size_t": ["usize"],
  "ssize_t": ["i64"],
  "gid_t": ["u32"],
  "uid_t": ["u32"],
  "uint32_t": ["u32"],
  "unsigned int": ["u32"],
  "wchar_t": ["i32"],
};

/** By the name in the table: the comment above it. */
const declarations = new Map(
  Array.from(
    SOURCE.matchAll(/^ {2}\/\/ (.*[ *])(\w+)\(([^)]*)\).*\n {2}(\w+): \{/gm),
    ([, result, name, list, entry]) => {
      const plain = list.replace(/\n *\/\/ +/, " ");
      const parameters = plain === "void" ? [] : plain.split(", ").map(typeOf);
      return [entry, { name, parameters, result: typeOf(result) }];
    },
  ),
);

function typeOf(parameter: string): string {
  return parameter.includes("*") ? "*" : parameter.replace(/ \w*$/, "");
}

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

test("LIBC_SYMBOLS stands under C declarations that say the same", () => {
  for (const [name, { symbol, parameters, result = "i32", async }] of TABLE) {
    const twin = async && TABLE.some(([other]) => `${other}Async` === name);
    const declared = declarations.get(twin ? name.replace(/Async$/, "") : name);
    assert.ok(declared !== undefined, name);
    assert.equal(declared.name, symbol ?? name);
    assert.equal(declared.parameters.length, parameters.length, name);
    parameters.forEach((type, index) => {
      assert.ok(NEUTRAL[declared.parameters[index]].includes(type), `${name}, ${index}`);
    });
    // Pointers have a test below; the others fit into a number, or are of no use.
    if (result === "i64") assert.equal(declared.result, "off_t");
    else if (result !== "address") {
      assert.equal(result, declared.result === "uid_t" ? "u32" : "i32");
    }
  }
});

test("LIBC_SYMBOLS gives every address back as an address", () => {
  for (const [name, { result }] of TABLE) {
    const returnsPointer = ["__errno_location", "memcpy", "mmap"].includes(name);
    assert.equal(result === "address", returnsPointer, name);
  }
});

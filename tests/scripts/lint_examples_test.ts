/**
 * The rules of the house style for `examples/`, which are programs of users.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { EXAMPLE_PACKAGES } from "../../scripts/lint/specifiers.ts";
import { assertFires, assertQuiet, importOf } from "./lint_reports.ts";

const EXAMPLE = "examples/tail-file/main.ts";

Deno.test("layers keeps an example to its own folder", () => {
  const user = /an example is a program of a user/;
  assertQuiet(EXAMPLE, importOf("./lines.ts"));
  assertFires("layers", EXAMPLE, importOf("../../mod.ts"), user);
  assertFires("layers", EXAMPLE, importOf("../typed-topic/main.ts"), user);
  assertFires("layers", EXAMPLE, importOf("../../harness/support/random.ts"), user);
});

Deno.test("layers lets nothing import an example, but tests and scripts", () => {
  const path = `../${EXAMPLE}`;
  assertFires("layers", "storage/a.ts", importOf(path), /arrows point one way/);
  assertFires("layers", "cli/a.ts", importOf(path), /arrows point one way/);
});

Deno.test("specifiers wants names in an example that Deno and Node both find", () => {
  for (const name of ["@streambed/log", "@streambed/log/node", "node:fs", "zod", "hono/cors"]) {
    assertQuiet(EXAMPLE, importOf(name));
  }
  const both = /a name that Deno and Node both find/;
  assertFires("specifiers", EXAMPLE, importOf("npm:zod@4.6.7"), both);
  assertFires("specifiers", EXAMPLE, importOf("honolulu"), both);
  assertFires("specifiers", EXAMPLE, importOf("jsr:@std/assert@1.0.0"), /"npm:name@version"/);
  assertFires("specifiers", "tests/a_test.ts", importOf("zod"), /needs an import map/);
});

Deno.test("runtime-globals lets an example print and name its runtime", () => {
  assertQuiet(EXAMPLE, 'if ("Deno" in globalThis) console.log(Deno.version);');
});

Deno.test("deno.json has an exact version of each package of the examples, and no other", async () => {
  const config = new URL("../../deno.json", import.meta.url);
  const { imports } = JSON.parse(await readFile(config, "utf8"));
  assert.deepEqual(Object.keys(imports).sort(), [...EXAMPLE_PACKAGES].sort());
  for (const [name, specifier] of Object.entries<string>(imports)) {
    assert.match(specifier, /^npm:(@[^@]+|[^@]+)@\d+\.\d+\.\d+$/);
    assert.ok(specifier.startsWith(`npm:${name}@`), specifier);
  }
});

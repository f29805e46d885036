/**
 * Which back end is taken.
 *
 * @module
 */
import { loadLibc } from "../../ffi/mod.ts";
import { runtimeName } from "../../ffi/select.ts";
import assert from "node:assert/strict";
import { versions } from "node:process";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";

test("runtimeName() knows the runtimes by what they call themselves", () => {
  assert.equal(runtimeName("Deno/2.9.6"), "Deno");
  assert.equal(runtimeName("Node.js/26"), "Node.js");
  assert.equal(runtimeName("Bun/1.4.5"), "Bun");
  assert.equal(runtimeName("Mozilla/5.0 Deno/2"), "an unknown runtime");
  assert.equal(runtimeName(undefined), "an unknown runtime");
});

test("loadLibc() gives the same object every time", async () => {
  const [first, second] = await Promise.all([loadLibc(), loadLibc()]);
  assert.equal(first, second);
  assert.equal(await loadLibc(), first);
});

test("loadLibc() refuses a runtime without a back end, and tries again when asked again", async () => {
  await using child = spawnScript("tests/ffi/select_child.ts");
  // Node before 21 has no `navigator`.
  const old = RUNTIME.startsWith("node") ? `Node.js ${versions.node}` : "";
  for (const runtime of ["an unknown runtime", old]) {
    const told = await child.nextLine() ?? "";
    assert.ok(told.includes(` with ${runtime}`), told);
    assert.match(told, /: this runtime has no back end; run it with Deno 2\.9, Node\.js 22 or /);
  }
  assert.equal(await child.nextLine(), "loaded");
});

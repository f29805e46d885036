/**
 * What becomes of a source for runtimes that know neither TypeScript nor `npm:`, and which tests
 * run there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { checkRuntimes } from "../../../scripts/runtimes/check_runtimes.ts";
import { chooseTests, summarizeLeftOut } from "../../../scripts/runtimes/choose_tests.ts";
import { install } from "../../../scripts/runtimes/install.ts";
import { type Module, translate } from "../../../scripts/runtimes/transpile.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

function module(source: string, imports: string[] = [], namesDeno = false): Module {
  return { source, imports, packages: [], namesDeno };
}

test("translate() makes specifiers those of a runtime without Deno's, and notes them", () => {
  const code = [
    'import { a } from "./a.ts";',
    'import {\n  b,\n  c\n} from "../b/mod.ts";',
    'import "./side_effect.ts";',
    'export { d } from "npm:@scope/name@1.2.3/part";',
    'import e from "npm:name@4.5.6";',
    'import { test } from "node:test";',
    'const f = await import("./lazy.ts");',
    'if (import.meta.main) f("./data.ts");',
  ].join("\n");
  const { text, imports, packages, namesDeno } = translate("x/y.ts", code);
  assert.equal(
    text,
    [
      'import { a } from "./a.js";',
      'import {\n  b,\n  c\n} from "../b/mod.js";',
      'import "./side_effect.js";',
      'export { d } from "@scope/name/part";',
      'import e from "name";',
      'import { test } from "node:test";',
      'const f = await import("./lazy.js");',
      'if ((import.meta.filename === process.argv[1])) f("./data.ts");',
    ].join("\n"),
  );
  assert.deepEqual(imports, ["x/a.ts", "b/mod.ts", "x/side_effect.ts"]);
  assert.deepEqual(packages, ["name@4.5.6", "@scope/name@1.2.3"].reverse());
  assert.equal(namesDeno, false);
});

test("translate() sees who names Deno in its code", () => {
  assert.equal(translate("x.ts", "Deno.exit(1);").namesDeno, true);
  assert.equal(translate("x.ts", 'Deno["exit"](1);').namesDeno, true);
  assert.equal(translate("x.ts", 'const text = "Deno and Node";').namesDeno, false);
});

test("chooseTests() leaves out what needs Deno, itself or through what it imports", () => {
  const modules = [
    module("tests/a_test.ts", ["ffi/mod.ts", "tests/support/one.ts"]),
    module("tests/b_test.ts", [], true),
    module("tests/c_test.ts", ["tests/support/one.ts", "tests/support/two.ts"]),
    module("tests/support/one.ts", ["tests/support/one.ts"]),
    module("tests/support/two.ts", ["tests/support/three.ts"]),
    module("tests/support/three.ts", [], true),
    module("tests/simulation/d_test.ts"),
    module("tests/storage/e_crash_test.ts"),
    module("ffi/mod.ts"),
  ];
  const { chosen, leftOut } = chooseTests(modules, []);
  assert.deepEqual(chosen, ["tests/a_test.ts"]);
  assert.deepEqual(leftOut, [
    { file: "tests/b_test.ts", reason: "it names Deno" },
    { file: "tests/c_test.ts", reason: "tests/support/three.ts names Deno" },
    { file: "tests/simulation/d_test.ts", reason: "they run on a simulated libc" },
    { file: "tests/storage/e_crash_test.ts", reason: "they run on a simulated libc" },
  ]);
  assert.deepEqual(summarizeLeftOut(leftOut)[1], "tests/b_test.ts: it names Deno");
});

test("chooseTests() keeps to the paths it is given", () => {
  const modules = ["tests/ffi/a_test.ts", "tests/ffix/b_test.ts"].map((path) => module(path));
  assert.deepEqual(chooseTests(modules, ["./tests/ffi/"]).chosen, ["tests/ffi/a_test.ts"]);
  assert.deepEqual(chooseTests(modules, ["tests/ffix/b_test.ts"]).chosen, ["tests/ffix/b_test.ts"]);
  assert.deepEqual(chooseTests(modules, ["tests/none"]).chosen, []);
});

test("checkRuntimes() refuses a runtime that it does not know", async () => {
  const request = { root: "/nonexistent", paths: [], on: ["node23"] };
  await assert.rejects(checkRuntimes(request, () => {}), /Cannot run tests on "node23"/);
});

test("install() fails with a sentence where a package cannot be had, and leaves nothing behind", async () => {
  await using dir = await temporaryDirectory();
  const missing = ["streambed-has-no-such-package@1.2.3"];
  const cache = `${dir.path}/cache`;
  const installing = install([], missing, {
    STREAMBED_TEST_CACHE: cache,
    NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/",
  });
  await assert.rejects(
    installing,
    /Cannot install the runtimes from npm, is the registry reachable\?\n./,
  );
  const left = readdirSync(cache).filter((name) => !name.startsWith("runtimes-"));
  assert.deepEqual(left, [], "Of what could be had, no runtimes, a folder may stay");
});

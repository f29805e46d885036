/**
 * Which tests are nearest to a file: every file of the product has some, and what a test names is
 * there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TestMap } from "../../scripts/tests_of/nearest_tests.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const map = new TestMap(ROOT);

test("TestMap.nearest() knows a test of every file with code", () => {
  assert.ok(map.product.length > 200, `${map.product.length} files`);
  const alone = map.product.filter((path) => map.nearest(path).length === 0);
  const advice = "name it in the module comment of the test that would fail if it were wrong, " +
    "in a line: Tests: `name.ts`. See tests/README.md";
  assert.deepEqual(alone, [], advice);
});

test("TestMap.named has only files that are there, each by a name that is of one alone", () => {
  const wrong = [...map.named].flatMap(([path, names]) =>
    names.filter((name) => map.filesNamed(name).length !== 1).map((name) => `${path}: ${name}`)
  );
  assert.deepEqual(wrong, []);
});

test("tests/README.md tells what is in every folder of tests, and in none that is not there", () => {
  const page = readFileSync(`${ROOT}tests/README.md`, "utf8");
  const told = [...page.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`(\w+)\/`/g)].map(([, name]) => name)
  );
  const folders = readdirSync(`${ROOT}tests`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name);
  assert.deepEqual(told.toSorted(), folders.toSorted());
});

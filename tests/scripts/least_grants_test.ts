/**
 * Which tests the gate runs once more under small grants.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chooseTests, LEAST_GRANT_TESTS } from "../../scripts/gate/least_grants.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("chooseTests() takes files of tests, and none of those that are about grants", () => {
  const all = chooseTests(ROOT, []);
  for (const path of all) assert.match(path, /^tests\/.*_test\.ts$/);
  assert.ok(all.includes("tests/storage/store_test.ts"));
  assert.ok(all.includes("tests/ffi/copied_memory_test.ts"));
  assert.ok(all.includes("tests/crash/kill9_test.ts"));
  assert.deepEqual(all.filter((path) => /deno_test|permission|_crash_test/.test(path)), []);
  assert.equal(new Set(all).size, all.length);
});

test("LEAST_GRANT_TESTS names what is there", () => {
  for (const path of LEAST_GRANT_TESTS) assert.ok(existsSync(`${ROOT}${path}`), path);
});

test("chooseTests() takes of what is asked for what is run under these grants", () => {
  const file = "tests/storage/store_test.ts";
  assert.deepEqual(chooseTests(ROOT, [`./${file}`]), [file]);
  assert.deepEqual(chooseTests(ROOT, ["tests/scripts", "tests/ffi/deno_test.ts"]), []);
  assert.ok(chooseTests(ROOT, ["tests/storage/"]).length > 20);
  assert.deepEqual(chooseTests(ROOT, ["tests"]), chooseTests(ROOT, []));
  assert.deepEqual(chooseTests("/nonexistent", []), []);
});

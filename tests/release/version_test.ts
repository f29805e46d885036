/**
 * The version: one place that decides, and all others seen when they do not agree.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { checkVersion } from "../../scripts/release/version.ts";
import { ROOT } from "../support/examples.ts";

const RELEASED = "# Changelog\n\n## 1.2.3, 2026-11-22\n\n- A.\n\n## 1.2.2, 2026-11-01\n";
const UNRELEASED = RELEASED.replace("2026-11-22", "not released yet");

test("checkVersion() finds deno.json and CHANGELOG.md of this tree in agreement", async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const changelog = await readFile(join(ROOT, "CHANGELOG.md"), "utf8");
  assert.deepEqual(checkVersion({ version, changelog }), []);
});

test("checkVersion() takes a version that is not released yet, but for no tag", () => {
  const places = { version: "1.2.3", changelog: UNRELEASED };
  assert.deepEqual(checkVersion(places), []);
  assert.match(checkVersion({ ...places, tag: "v1.2.3" }).join(), /write the day of the release/);
  assert.deepEqual(checkVersion({ ...places, changelog: RELEASED, tag: "v1.2.3" }), []);
});

test("checkVersion() sees each disagreement", () => {
  const wrong: readonly [RegExp, Parameters<typeof checkVersion>[0]][] = [
    [/newest version is 1\.2\.3, that of deno\.json 1\.2\.4/, {
      version: "1.2.4",
      changelog: RELEASED,
    }],
    [/"1\.2" is no version/, { version: "1.2", changelog: RELEASED }],
    [/first heading is "Unreleased"/, { version: "1.2.3", changelog: "# C\n\n## Unreleased\n" }],
    [/first heading is ""/, { version: "1.2.3", changelog: "" }],
    [/The tag is v1\.2\.4, for 1\.2\.3 it is v1\.2\.3/, {
      version: "1.2.3",
      changelog: RELEASED,
      tag: "v1.2.4",
    }],
  ];
  for (const [expected, places] of wrong) {
    assert.match(checkVersion(places).join("\n"), expected);
  }
});

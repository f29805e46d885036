/**
 * The list of planted faults: each can be planted in the source as it is, and what is planted is
 * still a program.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { transform } from "npm:esbuild@0.28.2";
import { patchesOf, PLANTED_FAULTS, SAMPLE } from "../../../harness/faults/mod.ts";
import { patchText, type SourcePatch } from "../../../harness/support/source_patch.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("PLANTED_FAULTS can all be planted, and leave a source that is one", async () => {
  const wrong: string[] = [];
  for (const fault of PLANTED_FAULTS) {
    try {
      const texts = new Map<string, string>();
      for (const patch of patchesOf(fault)) {
        const path = join(ROOT, patch.file);
        const source = texts.get(path) ?? readFileSync(path, "utf8");
        const planted = patchText(source, patch);
        assert.notEqual(planted, source, `${fault.name} changes nothing`);
        texts.set(path, planted);
      }
      for (const text of texts.values()) await transform(text, { loader: "ts" });
    } catch (error) {
      wrong.push(`${fault.name}: ${(error as Error).message}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("PLANTED_FAULTS have names of their own, and tests that are there", () => {
  const names = PLANTED_FAULTS.map(({ name }) => name);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
  for (const { name, by } of PLANTED_FAULTS) {
    if ("equivalent" in by) assert.ok(by.equivalent.length > 20, `${name} needs a reason`);
    if (!("tests" in by)) continue;
    assert.ok(by.tests.length > 0, name);
    for (const path of by.tests) assert.ok(existsSync(join(ROOT, path)), `${name}: ${path}`);
  }
});

test("SAMPLE has ten faults that a test catches", () => {
  assert.equal(new Set(SAMPLE).size, 10);
  for (const sample of SAMPLE) {
    const fault = PLANTED_FAULTS.find(({ name }) => name === sample);
    assert.ok(fault !== undefined && "tests" in fault.by, sample);
  }
});

const SOURCE = `const LIMIT = 3;

export class Box {
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** Adds. */
  add(
    count: number,
  ): void {
    if (count > LIMIT) return;
    this.#count += count;
  }

  static async *all(): AsyncGenerator<number> {
    yield LIMIT;
  }
}

export function add(count: number): number {
  if (count > LIMIT) return 0;
  return count;
}
`;

function patch(change: Partial<SourcePatch>): SourcePatch {
  return { file: "box.ts", symbol: "Box.add", find: "count > LIMIT", put: "false", ...change };
}

test("patchText() looks for the text in the symbol alone, however it is broken into lines", () => {
  const planted = patchText(SOURCE, patch({}));
  assert.equal(planted, SOURCE.replace("count > LIMIT", "false"));
  const inFunction = patchText(SOURCE, patch({ symbol: "add" }));
  assert.match(inFunction, /if \(count > LIMIT\) return;[^]*if \(false\) return 0;/);
  const over = patch({ find: "if (count > LIMIT) return; this.#count += count;", put: "" });
  assert.ok(!patchText(SOURCE, over).includes("+="));
  for (
    const [symbol, find] of [["Box.size", "#count"], ["Box.all", "LIMIT"], ["LIMIT", "3"], [
      "Box.#count",
      "0",
    ]]
  ) {
    assert.notEqual(patchText(SOURCE, patch({ symbol, find, put: "1" })), SOURCE);
  }
});

test("patchText() refuses a text that is not there, or twice, or in another symbol", () => {
  const refused = /^Error: Cannot plant a fault in box\.ts: .* is \d times in /;
  for (
    const change of [
      { find: "count >= LIMIT" },
      { find: "count" },
      { symbol: "Box.size" },
      { symbol: "Box.sub" },
      { symbol: "Other" },
      { symbol: "Box", find: "LIMIT" },
    ]
  ) assert.throws(() => patchText(SOURCE, patch(change)), refused, JSON.stringify(change));
});

/**
 * JSR's score, as far as the source decides it: each item seen to be missed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DocumentedModule,
  jsrScore,
  type ScoreFacts,
} from "../../scripts/release/jsr_score.ts";

const EXAMPLE = { kind: "example", doc: "Usage\n```ts\none();\n```" };
const MODULE: DocumentedModule = {
  module_doc: { doc: "A module.", tags: [EXAMPLE] },
  symbols: [{ name: "one", declarations: [{ jsDoc: { doc: "One." } }] }],
};
const GOOD: ScoreFacts = {
  readme: "# A\n\n```ts\none();\n```\n",
  description: "What it is",
  modules: { "mod.ts": MODULE },
  isPublishable: true,
};

function pointsOf(facts: ScoreFacts): number {
  return jsrScore(facts).reduce((sum, { points }) => sum + points, 0);
}

test("jsrScore() gives all points to a source that has everything", () => {
  assert.equal(pointsOf(GOOD), 15);
  assert.ok(jsrScore(GOOD).every(({ points, most, missing }) => points === most && !missing));
});

test("jsrScore() takes the points of what is missing, and says what it is", () => {
  const bare = { name: "two", declarations: [{}] };
  const { module_doc: head, symbols } = MODULE;
  const silent = { module_doc: { tags: [EXAMPLE] }, symbols };
  const noExample = { module_doc: { doc: "A module.", tags: [{ kind: "module" }] }, symbols };
  const half = { module_doc: head, symbols: [...symbols, bare] };
  const wrong: readonly [number, RegExp, Partial<ScoreFacts>][] = [
    [12, /README\.md is empty/, { readme: "" }],
    [14, /none in README/, { readme: "# A\n" }],
    [14, /none in a\.ts/, { modules: { "a.ts": silent } }],
    [14, /none in a\.ts/, { modules: { "mod.ts": MODULE, "a.ts": noExample } }],
    [13, /no documentation of two/, { modules: { "mod.ts": half } }],
    [10, /refuses/, { isPublishable: false }],
    [14, /1 to 250/, { description: "" }],
    [14, /1 to 250/, { description: "x".repeat(251) }],
  ];
  for (const [points, missing, facts] of wrong) {
    const score = jsrScore({ ...GOOD, ...facts });
    assert.equal(pointsOf({ ...GOOD, ...facts }), points, String(missing));
    assert.match(score.map((item) => item.missing ?? "").join("\n"), missing);
  }
});

/**
 * The picture of a run: it is made of what was measured, and says the same in words.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { captionOf, type DemoRun, drawKills } from "../../../scripts/demo/kills_picture.ts";
import { elementsOf } from "../../support/xml.ts";
import { LIVES, RUN } from "./lives.ts";

const PICTURE = fileURLToPath(new URL("../../../docs/kills.svg", import.meta.url));

/** The numbers of the curve of a life. */
function curvesOf(svg: string, role: string): number[][] {
  return elementsOf(svg).filter((element) => element.startsWith(`path class="done ${role}"`))
    .map((element) => Array.from(element.matchAll(/[\d.]+/g), ([text]) => Number(text)));
}

function marksOf(svg: string, role: string): string[] {
  return elementsOf(svg).filter((element) => element.startsWith(`g class="kill ${role}"`));
}

test("drawKills() draws a curve for each life and a mark for each kill, where they were", () => {
  const svg = drawKills(RUN);
  assert.deepEqual([curvesOf(svg, "pipe").length, curvesOf(svg, "job").length], [2, 3]);
  assert.deepEqual([marksOf(svg, "pipe").length, marksOf(svg, "job").length], [1, 2]);
  // From 72 to 784 in 4 s, and from 364 up to 112 for 1,000 flights.
  assert.deepEqual(curvesOf(svg, "pipe"), [
    [72, 364, 161, 313.6, 232.2, 263.2],
    [428, 250.6, 606, 112],
  ]);
  assert.ok(svg.includes('<line class="since" x1="250" x2="250" '));
});

test("drawKills() changes with what was measured, and with nothing else", () => {
  const [first, ...rest] = LIVES.pipe;
  const other: DemoRun = {
    ...RUN,
    lives: { ...LIVES, pipe: [{ ...first, points: [[0, 0], [500, 300], [900, 400]] }, ...rest] },
  };
  const [svg, changed] = [drawKills(RUN), drawKills(other)];
  const differing = svg.split("\n").filter((line, index) => line !== changed.split("\n")[index]);
  assert.ok(differing.length === 1 && differing[0].startsWith('<path class="done pipe"'));
  assert.equal(drawKills(structuredClone(RUN)), svg);

  const [life] = rest;
  const killed = {
    ...LIVES,
    pipe: [first, { ...life, killedMs: 3100 }, { points: [[3500, 1000]] }],
  };
  const more = drawKills({ ...RUN, lives: killed as DemoRun["lives"] });
  assert.equal(marksOf(more, "pipe").length, 2);
  assert.match(more, /its pipe is killed 2 times, its job 2 times/);
});

test("drawKills() says in words what is drawn, and draws for light and dark", () => {
  const svg = drawKills(RUN);
  assert.match(svg, /role="img" aria-labelledby="title description"/);
  const description = /<desc id="description">(.*)<\/desc>/.exec(svg)![1];
  for (
    const words of [
      "At 1.00 s the pipe is killed, 400 acknowledged; at 2.00 s it goes on from 450.",
      "At 1.50 s the job is killed, 390 counted; at 2.50 s it goes on from 300.",
      "After 4.00 s all 1,000 flights are acknowledged and counted.",
    ]
  ) {
    assert.ok(description.includes(words), words);
  }
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.ok(!/https?:(?!\/\/www\.w3\.org\/2000\/svg")|url\(|@import/.test(svg));
});

test("captionOf() tells when and where it was measured, and by which command", () => {
  const text = captionOf(RUN, "docs/kills.svg");
  assert.match(text, /^!\[1,000 flights .* killed once, its job 2 times\]\(docs\/kills\.svg\)$/m);
  assert.match(text, /deno task demo --picture docs\/kills\.svg.*2026-11-30, 2 cores/s);
});

test("the picture of the documentation is the one of the run that lies beside it", () => {
  const run: DemoRun = JSON.parse(readFileSync(PICTURE.replace(/svg$/, "json"), "utf8"));
  assert.equal(readFileSync(PICTURE, "utf8"), drawKills(run));
  assert.ok(run.lives.pipe.length > 1 && run.lives.job.length > 1);
});

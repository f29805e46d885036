/**
 * What is kept of a run, and what a terminal shows of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoProgress } from "../../../scripts/demo/progress.ts";
import {
  endMsOf,
  killsOf,
  missingAfterKills,
  thinned,
  Timeline,
} from "../../../scripts/demo/timeline.ts";
import { terminalTimeline } from "../../../scripts/demo/timeline_chart.ts";
import { verifyKills } from "../../../scripts/demo/verification.ts";
import { LIVES } from "./lives.ts";

test("Timeline keeps what each process found, said and how it ended, by the clock", () => {
  let ms = 5000;
  const timeline = new Timeline(() => ms);
  ms += 10.4;
  timeline.start("pipe", 0);
  ms += 20;
  timeline.update("pipe", 500);
  timeline.kill("pipe");
  ms += 70;
  timeline.start("pipe", 520);
  assert.deepEqual(timeline.lives, {
    pipe: [{ points: [[10, 0], [30, 500]], killedMs: 30 }, { points: [[100, 520]] }],
    job: [],
  });
});

test("killsOf() gives the kills of both in the order of time, with what was found next", () => {
  assert.deepEqual(killsOf(LIVES), [
    { role: "job", ms: 500, saidCount: 100, found: [700, 50] },
    { role: "pipe", ms: 1000, saidCount: 400, found: [2000, 450] },
    { role: "job", ms: 1500, saidCount: 390, found: [2500, 300] },
  ]);
  assert.equal(endMsOf(LIVES), 4000);
});

test("verifyKills() notices a log that lost what had been acknowledged", () => {
  assert.equal(missingAfterKills(LIVES, "pipe"), 0);
  assert.ok(verifyKills(LIVES).holds);
  const [first, next] = LIVES.pipe;
  const lost = { ...LIVES, pipe: [first, { points: [[2000, 390], ...next.points] as const }] };
  assert.equal(missingAfterKills(lost, "pipe"), 10);
  const { holds, seen } = verifyKills(lost);
  assert.ok(!holds);
  assert.equal(seen, "kills: pipe 1, job 2; 10 flights missing");
});

test("thinned() keeps the first and the last of each life, and steps between", () => {
  const { pipe, job } = thinned(LIVES, 600);
  assert.deepEqual(pipe[0], { points: [[0, 0], [900, 400]], killedMs: 1000 });
  assert.deepEqual(job, LIVES.job);
  const points = Array.from({ length: 9 }, (_, index) => [index * 100, index] as const);
  const { pipe: [life] } = thinned({ pipe: [{ points }], job: [] }, 300);
  assert.deepEqual(life.points.map(([ms]) => ms), [0, 300, 600, 800]);
});

test("terminalTimeline() shows kills and what is between them, within the terminal", () => {
  // 40 columns, one for 100 ms.
  const lines = terminalTimeline(LIVES, 1000, 45).split("\n");
  const lane = (role: string) => lines.find((line) => line.startsWith(role))!.slice(5);
  assert.match(lane("pipe"), /^▁{5}▂{4}▄✕·{9}▄{10}█+$/);
  assert.match(lane("job"), /^ {2}▁{3}✕·▁{7}▄✕·{9}▃+█?$/);
  assert.ok(lines.every((line) => line.length <= 60), lines.join("\n"));
  assert.match(lines.join("\n"), /^ +1\.00 s {2}pipe +400 +2\.00 s +450$/m);
  for (const width of [0, 20, 200]) {
    const lanes = terminalTimeline(LIVES, 1000, width).split("\n").slice(2, 4);
    assert.deepEqual(lanes.map(({ length }) => length), Array(2).fill(Math.max(21, width)));
  }
});

test("DemoProgress writes over one line of a terminal, and none where there is no terminal", () => {
  const said: string[] = [];
  const write = (text: string) => said.push(text);
  function play(progress: DemoProgress): string[] {
    progress.update("pipe", 500);
    progress.kill("pipe");
    progress.stop();
    return said.splice(0);
  }
  const kill = "SIGKILL to the pipe after it said 500\n";
  assert.deepEqual(play(new DemoProgress(1000, { write })), [kill]);
  const narrow = play(new DemoProgress(1000, { write, isTTY: true, columns: 12 }));
  assert.deepEqual(narrow, ["\r\x1b[K500 of 1000", `\r\x1b[K${kill}`, "\r\x1b[K"]);
});

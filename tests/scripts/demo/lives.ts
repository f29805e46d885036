/**
 * A run of the demo that never was: the pipe is killed once, the job twice.
 *
 * @module
 */
import type { DemoRun } from "../../../scripts/demo/kills_picture.ts";
import type { Lives } from "../../../scripts/demo/timeline.ts";

/** What happened. */
export const LIVES: Lives = {
  pipe: [
    { points: [[0, 0], [500, 200], [900, 400]], killedMs: 1000 },
    { points: [[2000, 450], [3000, 1000]] },
  ],
  job: [
    { points: [[200, 0], [400, 100]], killedMs: 500 },
    { points: [[700, 50], [1400, 390]], killedMs: 1500 },
    { points: [[2500, 300], [4000, 1000]] },
  ],
};

/** The run. */
export const RUN: DemoRun = {
  day: "2026-11-30",
  machine: { cores: 2, kernel: "6.18", fileSystem: "ext4", runtime: "Deno 2.9.6", load: 0.2 },
  flightCount: 1000,
  lives: LIVES,
};

/**
 * The run as a picture: flights that the pipe had acknowledged, and flights that the job had
 * counted, over time, with a mark where either was killed.
 *
 * @module
 */
import { formatMachine } from "../bench/report.ts";
import type { Machine } from "../bench/machine.ts";
import { drawPicture, drawText, escapeText, rounded } from "../picture.ts";
import {
  endMsOf,
  type Kill,
  killsOf,
  type Life,
  type Lives,
  type Role,
  ROLES,
} from "./timeline.ts";

/** A run of the demo, and all that must be known to read its picture. */
export interface DemoRun {
  /** When: `"2026-11-22"`. */
  readonly day: string;
  /** Where. */
  readonly machine: Machine;
  /** Flights that were piped and counted. */
  readonly flightCount: number;
  /** What happened. */
  readonly lives: Lives;
}

const WIDTH = 800;
const HEIGHT = 400;
const PLOT = { left: 72, right: 784, top: 112, bottom: 364 } as const;
/** Where the crosses of a process stand, and the name of their row. */
const CROSS_Y = { pipe: 82, job: 100 } as const;
const CROSS_RADIUS = 4;
const LEGEND_STEP = 208;
const LEGEND = { pipe: "acknowledged: on the disk", job: "counted by the job" } as const;

/** The job is told from the pipe by lightness and by its dashes too. */
const LIGHT = `
  .left { text-anchor: end; }
  .below { text-anchor: middle; }
  .grid { stroke: #d0d7de; }
  .kill { fill: none; stroke-width: 2; }
  .since { stroke-width: 1; stroke-opacity: 0.45; }
  .done { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .pipe { stroke: #0a6c74; }
  .job { stroke: #bc4c00; stroke-dasharray: 5 2; }
  .kill.job, .found.job { stroke-dasharray: none; }
  .found { fill: none; stroke-width: 3; }
`;
const DARK = `
  .grid { stroke: #30363d; }
  .pipe { stroke: #2fb5bf; }
  .job { stroke: #f0883e; }
`;

/** From what was measured to pixels. */
interface Scale {
  x(ms: number): number;
  y(flightCount: number): number;
}

/**
 * Draws a run.
 *
 * @param run The run.
 * @returns An SVG document.
 */
export function drawKills(run: DemoRun): string {
  const { day, machine, flightCount, lives } = run;
  const endMs = Math.max(1, endMsOf(lives));
  const scale: Scale = {
    x: (ms) => PLOT.left + ms / endMs * (PLOT.right - PLOT.left),
    y: (count) => PLOT.bottom - count / flightCount * (PLOT.bottom - PLOT.top),
  };
  const title = titleOf(run);
  const frame = { width: WIDTH, height: HEIGHT, title, description: describeRun(run) };
  return drawPicture({ ...frame, light: LIGHT, dark: DARK }, [
    drawText(16, 24, "head", title),
    drawText(16, 42, "note", `${day}: ${formatMachine(machine)} at the start`),
    ...drawLegend(),
    ...drawGrid(flightCount, endMs, scale),
    ...killsOf(lives).map((kill) => drawKill(kill, scale)),
    ...ROLES.flatMap((role) => lives[role].map((life) => drawLife(role, life, scale))),
  ]);
}

/**
 * The picture and its caption, as a page shows them.
 *
 * @param run The run.
 * @param path Of the picture, from the page.
 * @returns Markdown.
 */
export function captionOf(run: DemoRun, path: string): string {
  const seconds = (endMsOf(run.lives) / 1000).toFixed(1);
  return [
    `![${titleOf(run)}](${path})`,
    "",
    `Each cross is a \`kill -9\`: the pipe goes on behind all that was acknowledged, the job at its`,
    `last checkpoint, and after ${seconds} s nothing is lost and nothing counted twice. Drawn from a`,
    `run of \`deno task demo --picture ${path}\`: ${run.day}, ${formatMachine(run.machine)}.`,
  ].join("\n");
}

function titleOf({ flightCount, lives }: DemoRun): string {
  const [pipe, job] = ROLES.map((role) => timesOf(countKills(lives, role)));
  return `${formatCount(flightCount)} flights through a log: ` +
    `its pipe is killed ${pipe}, its job ${job}`;
}

/** The run in words, for those who do not see it. */
function describeRun({ flightCount, lives }: DemoRun): string {
  const kills = killsOf(lives).map(describeKill);
  const end = `After ${secondsOf(endMsOf(lives))} all ${formatCount(flightCount)} flights are ` +
    "acknowledged and counted.";
  return [...kills, end].join(" ");
}

function describeKill({ role, ms, saidCount, found }: Kill): string {
  const done = role === "pipe" ? "acknowledged" : "counted";
  const next = found ? `; at ${secondsOf(found[0])} it goes on from ${formatCount(found[1])}` : "";
  return `At ${secondsOf(ms)} the ${role} is killed, ${formatCount(saidCount)} ${done}${next}.`;
}

function drawLegend(): string[] {
  const marks = ROLES.flatMap((role, index) => {
    const x = PLOT.left + index * LEGEND_STEP;
    return [
      `<line class="done ${role}" x1="${x}" x2="${x + 28}" y1="59" y2="59"/>`,
      drawText(x + 36, 63, "", LEGEND[role]),
    ];
  });
  return [
    ...marks,
    ...ROLES.map((role) => drawText(PLOT.left - 4, CROSS_Y[role] + 4, "left", role)),
    drawText(
      PLOT.left + 2 * LEGEND_STEP,
      63,
      "note",
      "crosses: SIGKILL; dots: what the next one finds",
    ),
  ];
}

function drawGrid(flightCount: number, endMs: number, { x, y }: Scale): string[] {
  const counts = stepsTo(flightCount, 5).map((count) =>
    `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${rounded(y(count))}" ` +
    `y2="${rounded(y(count))}"/>\n${
      drawText(PLOT.left - 8, y(count) + 4, "left", formatCount(count))
    }`
  );
  const seconds = stepsTo(endMs / 1000, 10).map((second) =>
    drawText(x(second * 1000), PLOT.bottom + 18, "below", `${second}`)
  );
  const below = drawText((PLOT.left + PLOT.right) / 2, HEIGHT - 4, "note below", "seconds");
  return [...counts, ...seconds, below];
}

function drawKill({ role, ms, ...kill }: Kill, { x }: Scale): string {
  const [at, y, r] = [rounded(x(ms)), CROSS_Y[role], CROSS_RADIUS];
  const cross = `M${at - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
  return [
    `<g class="kill ${role}">`,
    `<title>${escapeText(describeKill({ role, ms, ...kill }))}</title>`,
    `<line class="since" x1="${at}" x2="${at}" y1="${y + r}" y2="${PLOT.bottom}"/>`,
    `<path d="${cross}"/>`,
    "</g>",
  ].join("\n");
}

function drawLife(role: Role, { points }: Life, { x, y }: Scale): string {
  const path = points.map(([ms, count]) => `${rounded(x(ms))} ${rounded(y(count))}`).join("L");
  const [ms, count] = points[0];
  return [
    `<circle class="found ${role}" cx="${rounded(x(ms))}" cy="${rounded(y(count))}" r="2"/>`,
    `<path class="done ${role}" d="M${path}"/>`,
  ].join("\n");
}

/** Round numbers from 0 up to one, so many or a few more or fewer. */
function stepsTo(end: number, count: number): number[] {
  const power = 10 ** Math.floor(Math.log10(end / count));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= end / count)!;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function countKills(lives: Lives, role: Role): number {
  return killsOf(lives).filter((kill) => kill.role === role).length;
}

function timesOf(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

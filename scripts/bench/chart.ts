/**
 * The figures of a run as a chart: a bar for each contestant, as long as its median is beside the
 * greatest of its scene, with the least and the greatest round as a line across it.
 *
 * @module
 */
import { drawPicture, drawText, escapeText, rounded } from "../picture.ts";
import type { Row, SceneResult } from "./play.ts";
import { formatMachine, formatRate, unitOf } from "./report.ts";
import type { Run } from "./run.ts";

/** Scenes of the chart: what most users do. */
export const CHARTED: readonly string[] = [
  "pipe-web",
  "append",
  "pipe-node",
  "append-100",
  "flushed-1",
  "flushed-64",
  "source",
  "read",
];

/** Parts of a floor: many times faster than all of it, so that nothing else could be seen. */
const LEFT_OUT: readonly string[] = ["copy", "CRC", "write"];

const WIDTH = 960;
const MARGIN = 16;
const HEAD_HEIGHT = 64;
const TITLE_HEIGHT = 30;
const BAR_HEIGHT = 18;
const BAR_GAP = 4;
const NAME_WIDTH = 150;
const VALUE_WIDTH = 60;
const COLUMN_WIDTH = (WIDTH - 3 * MARGIN) / 2;
const PLOT_WIDTH = COLUMN_WIDTH - NAME_WIDTH - VALUE_WIDTH;

/** Ours, other stores and floors are told apart by lightness too. */
const LIGHT = `
  .name { text-anchor: end; }
  .ours { fill: #0a6c74; }
  .peer { fill: #8c959f; }
  .floor { fill: none; stroke: #8c959f; stroke-dasharray: 3 2; }
  .spread { stroke: #24292f; stroke-opacity: 0.55; }
`;
const DARK = `
  .ours { fill: #2fb5bf; }
  .peer { fill: #6e7681; }
  .floor { stroke: #6e7681; }
  .spread { stroke: #e6edf3; }
`;

/** A piece of the chart, and how high it is. */
interface Piece {
  readonly height: number;
  readonly svg: string;
}

/**
 * Draws a run.
 *
 * @param run The run.
 * @param ids Its scenes to draw, in this order; those that were not played are left out.
 * @returns An SVG document.
 */
export function drawChart(run: Run, ids: readonly string[]): string {
  const scenes = ids.flatMap((id) => run.scenes.find((scene) => scene.id === id) ?? []);
  const columns: [Piece[], Piece[]] = [[], []];
  for (const scene of scenes) {
    const [left, right] = columns.map(heightOf);
    columns[left <= right ? 0 : 1].push(drawScene(scene));
  }
  const height = HEAD_HEIGHT + Math.max(...columns.map(heightOf)) + MARGIN;
  const title = "Messages a second of Streambed, other stores and floors";
  return drawPicture({ width: WIDTH, height, title, light: LIGHT, dark: DARK }, [
    ...drawHead(run),
    ...columns.flatMap((pieces, index) =>
      stack(pieces, MARGIN + index * (COLUMN_WIDTH + MARGIN), HEAD_HEIGHT)
    ),
  ]);
}

function drawHead({ day, machine, rounds, seconds, isQuick }: Run): string[] {
  const how = `${rounds} rounds of ${seconds} s, medians; the line is from the least to the ` +
    "greatest; dashed: what no store can do without";
  const quick = isQuick ? "; made by --quick, measures nothing" : "";
  return [
    drawText(MARGIN, 24, "head", "Thousands of messages a second"),
    drawText(MARGIN, 42, "note", `${day}: ${formatMachine(machine)} at the start`),
    drawText(MARGIN, 57, "note", how + quick),
  ];
}

function stack(pieces: readonly Piece[], x: number, top: number): string[] {
  let y = top;
  return pieces.map(({ height, svg }) => {
    const group = `<g transform="translate(${x} ${y})">\n${svg}\n</g>`;
    y += height;
    return group;
  });
}

function drawScene({ id, title, unit, rows: all }: SceneResult): Piece {
  const rows = all.filter(({ name }) => !LEFT_OUT.includes(name));
  const most = Math.max(...rows.map((row) => lengthOf(row, unit)));
  const bars = rows.map((row, index) => {
    const y = TITLE_HEIGHT + index * (BAR_HEIGHT + BAR_GAP);
    return drawBar(row, unit, { y, scale: PLOT_WIDTH / most });
  });
  const heading = unit === "messages" ? title : `${title}, ${unitOf(unit)}`;
  return {
    height: TITLE_HEIGHT + rows.length * (BAR_HEIGHT + BAR_GAP) + MARGIN,
    svg: [`<title>${escapeText(id)}</title>`, drawText(0, 20, "title", heading), ...bars].join(
      "\n",
    ),
  };
}

/** The median, so that one wild round does not shrink all the others. */
function lengthOf({ rate }: Row, unit: SceneResult["unit"]): number {
  return unit === "messages" ? rate.median : 1 / rate.median;
}

function drawBar(
  row: Row,
  unit: SceneResult["unit"],
  { y, scale }: { readonly y: number; readonly scale: number },
): string {
  const { name, kind, rate } = row;
  const length = lengthOf(row, unit) * scale;
  const [from, to] = [rate.min, rate.max]
    .map((value) => unit === "messages" ? value : 1 / value)
    .map((value) => NAME_WIDTH + Math.min(value * scale, PLOT_WIDTH))
    .sort((a, b) => a - b);
  const middle = y + BAR_HEIGHT / 2;
  const baseline = y + BAR_HEIGHT - 5;
  const valueX = Math.max(NAME_WIDTH + length, to) + 5;
  return [
    drawText(NAME_WIDTH - 6, baseline, "name", name),
    `<rect class="${kind}" x="${NAME_WIDTH}" y="${y}" width="${rounded(length)}" ` +
    `height="${BAR_HEIGHT}"/>`,
    `<line class="spread" x1="${rounded(from)}" x2="${
      rounded(to)
    }" y1="${middle}" y2="${middle}"/>`,
    drawText(valueX, baseline, "value", formatRate(rate, unit)[1]),
  ].join("\n");
}

function heightOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { height }) => sum + height, 0);
}

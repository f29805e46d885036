/**
 * The table as a picture: bars for a terminal, and an SVG file.
 *
 * @module
 */
import { drawPicture, drawText, rounded } from "../picture.ts";
import type { DelayTable } from "./delays.ts";

const TITLE = "Mean delay of departure by hour of day, minutes";
/** Columns of a terminal for the bars, at least and at most, and for what stands beside them. */
const BAR_WIDTH_MIN = 8;
const BAR_WIDTH_MAX = 44;
const FIGURES_WIDTH = 28;
const EIGHTHS = " ▏▎▍▌▋▊▉█";

interface Bar {
  readonly hour: number;
  readonly mean: number;
  readonly count: number;
  readonly lateShare: number;
}

function bars({ hours }: DelayTable): Bar[] {
  return hours.map(({ hour, count, delaySum, lateCount }) => ({
    hour,
    count,
    mean: delaySum / count,
    lateShare: lateCount / count,
  }));
}

/**
 * Draws the table for a terminal.
 *
 * @param table The table.
 * @param width Columns of the terminal.
 * @returns Lines of text.
 */
export function terminalChart(table: DelayTable, width: number): string {
  const barWidth = Math.max(BAR_WIDTH_MIN, Math.min(width - FIGURES_WIDTH, BAR_WIDTH_MAX));
  const all = bars(table);
  const most = Math.max(...all.map(({ mean }) => mean));
  const lines = all.map(({ hour, mean, count, lateShare }) => {
    const length = Math.max(0, mean) / most * barWidth;
    const bar = "█".repeat(Math.floor(length)) + EIGHTHS[Math.floor(length % 1 * 8)];
    const figures = `${mean.toFixed(1).padStart(6)} ${bar.trimEnd().padEnd(barWidth)}`;
    const share = `${(lateShare * 100).toFixed(0).padStart(4)} %`;
    return `${String(hour).padStart(4)}  ${figures} ${String(count).padStart(7)} ${share}`;
  });
  const head = `hour    mean ${" ".repeat(barWidth)} flights   late`;
  return [TITLE, "", head, ...lines].join("\n");
}

const WIDTH = 800;
const HEIGHT = 400;
const MARGIN = { left: 48, right: 16, top: 60, bottom: 44 } as const;
const LIGHT = `
  .bar { fill: #0a6c74; }
  .grid { stroke: #d0d7de; }
  .left { text-anchor: end; }
  .below { text-anchor: middle; }
`;
const DARK = `
  .bar { fill: #2fb5bf; }
  .grid { stroke: #30363d; }
`;

/**
 * Draws the table as a standalone SVG document.
 *
 * @param table The table.
 * @returns The document.
 */
export function svgChart(table: DelayTable): string {
  const all = bars(table);
  const most = Math.max(10, ...all.map(({ mean }) => mean));
  const least = Math.min(0, ...all.map(({ mean }) => mean));
  const innerHeight = HEIGHT - MARGIN.top - MARGIN.bottom;
  const step = (WIDTH - MARGIN.left - MARGIN.right) / 24;

  function y(mean: number): number {
    return MARGIN.top + (most - mean) / (most - least) * innerHeight;
  }
  const marks = all.map(({ hour, mean, count }) => {
    const x = MARGIN.left + hour * step;
    const [top, bottom] = [y(Math.max(0, mean)), y(Math.min(0, mean))];
    const rect = `<rect class="bar" x="${rounded(x + 2)}" y="${rounded(top)}" ` +
      `width="${rounded(step - 4)}" height="${rounded(bottom - top)}">`;
    const title = `<title>${hour}:00, ${count} flights, ${mean.toFixed(1)} min</title>`;
    return `${rect}${title}</rect>\n` +
      drawText(x + step / 2, HEIGHT - MARGIN.bottom + 18, "below", `${hour}`);
  });
  const grid = gridLines(least, most).map((mean) =>
    `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" ` +
    `y1="${rounded(y(mean))}" y2="${rounded(y(mean))}"/>\n` +
    drawText(MARGIN.left - 8, y(mean) + 4, "left", `${mean}`)
  );
  return drawPicture({ width: WIDTH, height: HEIGHT, title: TITLE, light: LIGHT, dark: DARK }, [
    drawText(MARGIN.left, 24, "head", TITLE),
    drawText(MARGIN.left, 42, "note", `${table.flightCount} flights`),
    ...grid,
    ...marks,
    drawText(MARGIN.left + 12 * step, HEIGHT - 8, "below", "hour of day"),
  ]);
}

function gridLines(least: number, most: number): number[] {
  const step = most - least > 60 ? 20 : 10;
  const lines: number[] = [];
  for (let at = Math.ceil(least / step) * step; at <= most; at += step) lines.push(at);
  return lines;
}

/**
 * The table as a picture: bars for a terminal, and an SVG file.
 *
 * @module
 */
import type { DelayTable } from "./delays.ts";

const TITLE = "Mean delay of departure by hour of day, minutes";
const BAR_WIDTH = 44;
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
 * @returns Lines of text.
 */
export function terminalChart(table: DelayTable): string {
  const all = bars(table);
  const most = Math.max(...all.map(({ mean }) => mean));
  const lines = all.map(({ hour, mean, count, lateShare }) => {
    const length = Math.max(0, mean) / most * BAR_WIDTH;
    const bar = "█".repeat(Math.floor(length)) + EIGHTHS[Math.floor(length % 1 * 8)];
    const figures = `${mean.toFixed(1).padStart(6)} ${bar.trimEnd().padEnd(BAR_WIDTH)}`;
    const share = `${(lateShare * 100).toFixed(0).padStart(4)} %`;
    return `${String(hour).padStart(4)}  ${figures} ${String(count).padStart(7)} ${share}`;
  });
  const head = `hour    mean ${" ".repeat(BAR_WIDTH)} flights   late`;
  return [TITLE, "", head, ...lines].join("\n");
}

const WIDTH = 960;
const HEIGHT = 420;
const MARGIN = { left: 56, right: 16, top: 56, bottom: 44 } as const;

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
    const rect = `<rect x="${fixed(x + 2)}" y="${fixed(top)}" width="${fixed(step - 4)}" ` +
      `height="${fixed(bottom - top)}" fill="#3b6ea5">`;
    const title = `<title>${hour}:00, ${count} flights, ${mean.toFixed(1)} min</title>`;
    const label = text(x + step / 2, HEIGHT - MARGIN.bottom + 18, `${hour}`, "middle");
    return `${rect}${title}</rect>\n${label}`;
  });
  const grid = gridLines(least, most).map((mean) =>
    `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${fixed(y(mean))}" ` +
    `y2="${fixed(y(mean))}" stroke="#ddd"/>\n` +
    text(MARGIN.left - 8, y(mean) + 4, `${mean}`, "end")
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="28" font-size="16">${TITLE}</text>`,
    `<text x="${MARGIN.left}" y="46" fill="#777">${table.flightCount} flights</text>`,
    ...grid,
    ...marks,
    text(MARGIN.left + 12 * step, HEIGHT - 8, "hour of day", "middle"),
    "</svg>\n",
  ].join("\n");
}

function gridLines(least: number, most: number): number[] {
  const step = most - least > 60 ? 20 : 10;
  const lines: number[] = [];
  for (let at = Math.ceil(least / step) * step; at <= most; at += step) lines.push(at);
  return lines;
}

function text(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${content}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

/**
 * The run in a terminal: a lane for each process, and a line for each kill.
 *
 * @module
 */
import { endMsOf, type Kill, killsOf, type Life, type Lives, ROLES } from "./timeline.ts";

const HEIGHTS = "▁▂▃▄▅▆▇█";
const KILLED = "✕";
const AWAY = "·";
const NAME_WIDTH = 5;
const LANE_WIDTH_MIN = 16;

/**
 * Draws a run for a terminal.
 *
 * @param lives What happened.
 * @param flightCount Flights that there were to be done.
 * @param width Columns of the terminal.
 * @returns Lines of text.
 */
export function terminalTimeline(lives: Lives, flightCount: number, width: number): string {
  const laneWidth = Math.max(LANE_WIDTH_MIN, width - NAME_WIDTH);
  const endMs = endMsOf(lives);
  const columnMs = Math.max(1, endMs / laneWidth);
  const lanes = ROLES.map((role) => {
    const columns = Array.from(
      { length: laneWidth },
      (_, column) => cellOf(lives[role], column * columnMs, columnMs, flightCount),
    );
    return role.padEnd(NAME_WIDTH) + columns.join("");
  });
  const [start, end] = ["0 s", secondsOf(endMs)];
  const axis = `${" ".repeat(NAME_WIDTH)}${start}${end.padStart(laneWidth - start.length)}`;
  return [
    `Flights done; ${KILLED} is a SIGKILL, ${AWAY} the time until it went on`,
    "",
    ...lanes,
    axis,
    "",
    ...killTable(killsOf(lives)),
  ].join("\n");
}

/** What a lane shows of the time from `ms` on. */
function cellOf(
  lives: readonly Life[],
  ms: number,
  columnMs: number,
  flightCount: number,
): string {
  const end = ms + columnMs;
  if (lives.some(({ killedMs = -1 }) => killedMs >= ms && killedMs < end)) return KILLED;
  const life = lives.findLast(({ points }) => points[0][0] < end);
  if (life === undefined) return " ";
  if (life.killedMs !== undefined && life.killedMs < end) return AWAY;
  const [, count] = life.points.findLast(([at]) => at < end)!;
  return HEIGHTS[Math.min(Math.floor(count / flightCount * HEIGHTS.length), HEIGHTS.length - 1)];
}

function killTable(kills: readonly Kill[]): string[] {
  const rows = kills.map(({ role, ms, saidCount, found }) => [
    secondsOf(ms),
    role,
    String(saidCount),
    ...(found ? [secondsOf(found[0]), String(found[1])] : ["", ""]),
  ]);
  return [["killed", "", "had done", "goes on", "from"], ...rows].map(([killed, role, ...more]) =>
    [killed.padStart(8), role.padEnd(4), ...more.map((cell) => cell.padStart(8))].join("  ")
      .trimEnd()
  );
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

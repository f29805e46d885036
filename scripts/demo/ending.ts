/**
 * What the demo leaves: what it is, how to look into it, and how to remove it.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { cwd, env } from "node:process";
import { fileURLToPath } from "node:url";
import { LATE_TOPIC, TABLE_TOPIC } from "./delays.ts";
import { FLIGHT_TOPIC } from "./flights.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** Where everything is. */
export interface DemoPaths {
  /** The folder that has the rest in it. */
  readonly directory: string;
  /** The log of the pipe. */
  readonly log: string;
  /** The store of the job. */
  readonly results: string;
  /** The picture of the delays. */
  readonly delays: string;
  /** The picture of the run. */
  readonly kills: string;
}

/** What is to be told. */
export interface Ending {
  /** Where everything is. */
  readonly paths: DemoPaths;
  /** Whether the folder was there before: then it is not the demo's to remove. */
  readonly wasThere: boolean;
  /** Key of a flight that left very late. */
  readonly lateKey: string | undefined;
}

/**
 * Says what is left.
 *
 * @param ending What is to be told.
 * @returns Lines of text.
 */
export function describeEnding({ paths, wasThere, lateKey }: Ending): string {
  const { directory, log, results, delays, kills } = paths;
  const megabytes = Math.ceil(heldByteLength([log, results, delays, kills]) / 1e6);
  const look = [
    `-d ${quoted(log)} ls`,
    `-d ${quoted(log)} cat ${FLIGHT_TOPIC} --limit 3`,
    `-d ${quoted(results)} cat ${TABLE_TOPIC} --limit 1`,
    ...(lateKey === undefined ? [] : [`-d ${quoted(results)} find ${LATE_TOPIC} ${lateKey}`]),
    `-d ${quoted(results)} verify`,
  ];
  const removed = wasThere ? [log, results, delays, kills] : [directory];
  return [
    `Left in ${shown(directory)}, ${megabytes} MB:`,
    `  ${shown(log)}: the flights, in a log`,
    `  ${shown(results)}: what the job worked out, and its checkpoints`,
    `  ${shown(kills)}: this run as a picture`,
    `  ${shown(delays)}: the delays as a picture`,
    "",
    "To look into it:",
    ...look.map((words) => `  ${denoCommand()} run -A ${quoted(COMMAND_LINE)} ${words}`),
    "",
    "To remove it:",
    `  rm -r ${removed.map(quoted).join(" ")}`,
  ].join("\n");
}

/** A Deno that came by npx is not on the search path of who called it. */
function denoCommand(): string {
  return env.npm_command === "exec" ? `npx -y deno@${Deno.version.deno}` : "deno";
}

/** As it is typed here. */
function quoted(path: string): string {
  const text = shown(path);
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** From where we are, unless it is elsewhere. */
function shown(path: string): string {
  const short = relative(cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** Bytes on the disk: segments are longer than what is in them. */
function heldByteLength(paths: readonly string[]): number {
  return paths.reduce((sum, path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return sum;
    const inside = stats.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [];
    return sum + stats.blocks * 512 + heldByteLength(inside);
  }, 0);
}

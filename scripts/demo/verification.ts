/**
 * What the demo holds against the file when everything has ended.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { openStore, source, type Store } from "../../mod.ts";
import {
  type DelayState,
  type DelayTable,
  delayTable,
  type HourDelays,
  LATE_TOPIC,
  lateKey,
  TABLE_INTERVAL,
  TABLE_TOPIC,
  VERY_LATE_MINUTES,
} from "./delays.ts";
import { type Flight, FLIGHT_TOPIC, flightsPath } from "./flights.ts";
import { killsOf, type Lives, missingAfterKills, ROLES } from "./timeline.ts";

/** One thing that was looked at. */
export interface Finding {
  /** What is claimed. */
  readonly claim: string;
  /** Whether it is so. */
  readonly holds: boolean;
  /** What was seen, in figures. */
  readonly seen: string;
}

/**
 * Compares what the pipe found after each kill with what it had acknowledged before.
 *
 * @param lives What happened.
 * @returns What was found.
 */
export function verifyKills(lives: Lives): Finding {
  const kills = killsOf(lives);
  const [pipeCount, jobCount] = ROLES.map((one) => kills.filter(({ role }) => role === one).length);
  const missingCount = missingAfterKills(lives, "pipe");
  return {
    claim: "After each kill of the pipe the log held all that had been acknowledged",
    holds: missingCount === 0,
    seen: `kills: pipe ${pipeCount}, job ${jobCount}; ${missingCount} flights missing`,
  };
}

/** What was found, and the table that the job arrived at. */
export interface Verification {
  /** One for each claim. */
  readonly findings: readonly Finding[];
  /** The last table of the job, if there is one. */
  readonly table: DelayTable | undefined;
  /** Key of a flight that left very late, if one did. */
  readonly lateKey: string | undefined;
}

/**
 * Compares the log and the results with the file, which is read anew and counted another way.
 *
 * @param logPath Directory of the log.
 * @param resultsPath Directory of the results.
 * @param flightCount Flights of the file that were to be piped.
 * @returns What was found.
 */
export async function verifyDemo(
  logPath: string,
  resultsPath: string,
  flightCount: number,
): Promise<Verification> {
  const file: Flight[] = JSON.parse(readFileSync(flightsPath(), "utf8"));
  const flights = file.slice(0, flightCount);
  await using log = await openStore(logPath, { readOnly: true });
  await using results = await openStore(resultsPath, { readOnly: true });
  const tables = await readTables(results);
  const table = tables.at(-1);
  const expected = tableOf(flights);
  const lateKeys = lateKeysOf(flights);
  const state = await checkpointState(results);

  return {
    table,
    lateKey: lateKeys.at(0),
    findings: [
      await compareLog(log, flights),
      {
        claim: "The job's last table equals the one counted straight from the file",
        holds: isDeepStrictEqual(table, expected),
        seen: `${table?.flightCount ?? 0} flights in ${table?.hours.length ?? 0} hours`,
      },
      {
        claim: "So does the state in its newest checkpoint",
        holds: state !== undefined && isDeepStrictEqual(delayTable(state), expected),
        seen: `${state?.flightCount ?? 0} flights`,
      },
      {
        claim: "Every table that was due was written, and none twice",
        holds: isDeepStrictEqual(tables.map((one) => one.flightCount), dueTables(flightCount)),
        seen: `${tables.length} tables`,
      },
      await compareLate(results, lateKeys),
    ],
  };
}

/** Flight by flight, in the order of the log. */
async function compareLog(log: Store, flights: readonly Flight[]): Promise<Finding> {
  let count = 0;
  let wrongCount = 0;
  for await (const message of source(log, FLIGHT_TOPIC)) {
    if (!isDeepStrictEqual(message.json(), flights[count])) wrongCount++;
    count++;
  }
  return {
    claim: "The log holds every flight of the file once, in the file's order",
    holds: count === flights.length && wrongCount === 0,
    seen: `${count} of ${flights.length} flights, ${wrongCount} that differ`,
  };
}

/** The outputs: nothing lost, nothing twice, nothing that should not be there. */
async function compareLate(results: Store, expected: readonly string[]): Promise<Finding> {
  const written: string[] = [];
  for await (const message of source(results, LATE_TOPIC)) written.push(message.keys[0] ?? "");
  return {
    claim: `Every flight more than ${VERY_LATE_MINUTES} minutes late was written, and none twice`,
    holds: isDeepStrictEqual(written.toSorted(), expected.toSorted()),
    seen: `${written.length} of ${expected.length}, ${new Set(written).size} of them different`,
  };
}

async function readTables(results: Store): Promise<DelayTable[]> {
  const tables: DelayTable[] = [];
  for await (const message of source(results, TABLE_TOPIC)) {
    tables.push(message.json() as DelayTable);
  }
  return tables;
}

async function checkpointState(results: Store): Promise<DelayState | undefined> {
  const checkpoints = await openCheckpoints<DelayState>(results, "delays");
  return (await checkpoints.newest())?.state;
}

function lateKeysOf(flights: readonly Flight[]): string[] {
  return flights.flatMap(({ delay }, flight) => delay < VERY_LATE_MINUTES ? [] : lateKey(flight));
}

function dueTables(flightCount: number): number[] {
  const wholeCount = Math.floor(flightCount / TABLE_INTERVAL);
  const due = Array.from({ length: wholeCount }, (_, index) => (index + 1) * TABLE_INTERVAL);
  return flightCount % TABLE_INTERVAL === 0 ? due : [...due, flightCount];
}

/** Counted by hour, not by flight as the job does it. */
function tableOf(flights: readonly Flight[]): DelayTable {
  const byHour = Map.groupBy(flights, ({ time }) => Math.trunc(time));
  const hours = [...byHour].sort(([a], [b]) => a - b).map(([hour, those]) => {
    const delays = those.map(({ delay }) => delay).toSorted((a, b) => a - b);
    const row: HourDelays & { hour: number } = {
      hour,
      count: delays.length,
      delaySum: delays.reduce((sum, delay) => sum + delay, 0),
      worst: delays[delays.length - 1],
      lateCount: delays.filter((delay) => delay > 15).length,
    };
    return row;
  });
  return { flightCount: flights.length, hours };
}

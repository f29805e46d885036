/**
 * What the job works out: delays per hour of day, and flights that left more than two hours late.
 *
 * @module
 */
import type { ProcessContext, StoredMessage } from "../../mod.ts";
import { type Flight, FLIGHT_QUEUE_COUNT } from "./flights.ts";

/** Topic of the tables: one every {@linkcode TABLE_INTERVAL} flights, and one at the end. */
export const TABLE_TOPIC = "delays";
/** Topic of the flights that left very late, each under its key. */
export const LATE_TOPIC = "late";
/** Minutes from which a flight is very late. */
export const VERY_LATE_MINUTES = 120;
/** Flights from one table to the next. */
export const TABLE_INTERVAL = 25_000;

/** The flights of one hour of day. */
export interface HourDelays {
  /** Flights. */
  count: number;
  /** Minutes of delay, all together. */
  delaySum: number;
  /** Minutes of delay of the latest. */
  worst: number;
  /** Flights that left more than a quarter of an hour late. */
  lateCount: number;
}

/** What the job keeps. */
export interface DelayState {
  /** Flights that were counted. */
  flightCount: number;
  /** By hour of day. */
  readonly hours: Map<number, HourDelays>;
}

/** The table as an output message holds it. */
export interface DelayTable {
  /** Flights that it counts. */
  readonly flightCount: number;
  /** Hours with flights, in order. */
  readonly hours: readonly (HourDelays & { readonly hour: number })[];
}

/** Nothing counted. */
export function emptyDelays(): DelayState {
  return { flightCount: 0, hours: new Map() };
}

/**
 * Counts one flight, and writes what there is to write.
 *
 * @param message The flight.
 * @param context What was counted before, and the function that writes.
 * @param flightCount Flights that there will be in all.
 */
export function countFlight(
  message: StoredMessage,
  { state, emit }: Pick<ProcessContext<DelayState>, "state" | "emit">,
  flightCount: number,
): void {
  const { delay, time } = message.json() as Flight;
  const hour = Math.floor(time);
  const hours = state.hours.get(hour) ?? { count: 0, delaySum: 0, worst: -Infinity, lateCount: 0 };
  hours.count++;
  hours.delaySum += delay;
  hours.worst = Math.max(hours.worst, delay);
  if (delay > 15) hours.lateCount++;
  state.hours.set(hour, hours);
  state.flightCount++;

  if (delay >= VERY_LATE_MINUTES) {
    const keys = lateKey(message.offset * FLIGHT_QUEUE_COUNT + message.queueId);
    emit({ topic: LATE_TOPIC, keys, body: message.body });
  }
  if (state.flightCount % TABLE_INTERVAL === 0 || state.flightCount === flightCount) {
    emit({ topic: TABLE_TOPIC, body: JSON.stringify(delayTable(state)) });
  }
}

/** The key of a late flight: its number in the file, from 0. */
export function lateKey(flight: number): string {
  return `flight-${flight}`;
}

/** The table of what was counted. */
export function delayTable({ flightCount, hours }: DelayState): DelayTable {
  const rows = [...hours].map(([hour, delays]) => ({ hour, ...delays }));
  return { flightCount, hours: rows.sort((a, b) => a.hour - b.hour) };
}

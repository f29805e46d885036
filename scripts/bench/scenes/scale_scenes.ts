/**
 * What needs tens of gigabytes, or a part of them for a trial.
 *
 * @module
 */
import { bothPaths, floor, ours, program, type Scene } from "./contestant.ts";
import { recoveryScene } from "./read_scenes.ts";

/** Seconds that a program of a peer may take. */
const TIMEOUT = ["--timeout", "3600"];
const BODY_BYTE_LENGTH = 1024;

/**
 * The scenes; one store at a time is on the disk, but where two are compared by what is in them.
 *
 * @param gigabytes Bodies of the largest store, in 10^9 bytes; the others have a fourth of it, an
 * eighth, a sixteenth.
 * @returns The scenes.
 */
export function scaleScenes(gigabytes: number): Scene[] {
  return [
    sustainedScene(gigabytes / 4),
    latencyScene(gigabytes / 8),
    recoveryScene(messagesOf(gigabytes / 16)),
    ...sizeScenes(gigabytes),
  ];
}

/** What the disk must have free, bytes. */
export function neededByteLength(gigabytes: number): number {
  // A record is a tenth longer than its body; segments are made ahead.
  return gigabytes * 1e9 * 1.15 + 3e9;
}

function sustainedScene(gigabytes: number): Scene {
  const how = { messageCount: messagesOf(gigabytes) };
  return {
    id: "sustained",
    title: `${gigabytes} GB of bodies by appendAll of 1000, dispatched, flushed in the background`,
    unit: "messages",
    contestants: [
      ...bothPaths("sustain", how),
      program("RocketMQ", { words: ["sustained", ...TIMEOUT], gigabytes, ...countsOf(gigabytes) }),
      program("Kafka", {
        words: ["sustained", "--batch", "1000", "--build", ...TIMEOUT],
        gigabytes,
        ...countsOf(gigabytes),
      }),
      floor("dd, flushed alike", { work: "sustainDd", how }),
    ],
  };
}

function latencyScene(gigabytes: number): Scene {
  const counts = { gigabytes, ...countsOf(gigabytes) };
  return {
    id: "latency",
    title: `${gigabytes} GB of bodies one by one, committed, flushed in the background`,
    unit: "messages",
    contestants: [
      ...bothPaths("appendTimed", { messageCount: messagesOf(gigabytes) }),
      program("RocketMQ", { words: ["sustained", ...TIMEOUT], ...counts }),
      program("Chronicle", { words: ["sustained", ...TIMEOUT], ...counts }),
    ],
  };
}

/** An empty store and a large one: opened, then appended to. */
function sizeScenes(gigabytes: number): Scene[] {
  const stores = [["empty", 1], ["full", messagesOf(gigabytes)]] as const;
  const contestants = (work: string) =>
    stores.map(([name, messageCount]) =>
      ours(name, { work, how: { messageCount } }, { work: "fillStore", how: { messageCount } })
    );
  return [{
    id: "opening",
    title: `opening after a clean end, empty and with ${gigabytes} GB of bodies`,
    unit: "openings",
    contestants: contestants("openClean"),
    keepsFilled: true,
  }, {
    id: "growth",
    title: `appendAll of 1000 to an empty store, and to one with ${gigabytes} GB of bodies`,
    unit: "messages",
    contestants: contestants("appendAll"),
  }];
}

function countsOf(gigabytes: number): { readonly count: number; readonly warmUp: number } {
  const count = messagesOf(gigabytes);
  return { count, warmUp: Math.ceil(count / 50) };
}

function messagesOf(gigabytes: number): number {
  return Math.ceil(gigabytes * 1e9 / BODY_BYTE_LENGTH);
}

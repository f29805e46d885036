/**
 * What stays the same throughout a history of the store: the machine, the store's options, how
 * messages look.
 *
 * @module
 */
import type { OpenStoreOptions } from "../../../storage/mod.ts";
import type { Choices } from "../machine/choices.ts";
import type { DirectoryProfile } from "../machine/directory_journal.ts";
import type { StorePlaces } from "./store_view.ts";

/** A history's setting. */
export interface StorePlan {
  /** How names survive a power cut. */
  readonly directoryProfile: DirectoryProfile;
  /** Length of the device in pages; large unless given. */
  readonly devicePageCount: number | undefined;
  /** How many calls of 2000 fail. */
  readonly errorCount: number;
  /** Whether a refusal may be the machine's fault. */
  readonly areErrorsExpected: boolean;
  /** Options of every opening. */
  readonly store: OpenStoreOptions;
  /** Where messages go. */
  readonly places: StorePlaces;
  /**
   * Length of every body, bytes; 0 if they differ. Without it no stale record ever fits where a new
   * one ends.
   */
  readonly fixedByteLength: number;
  /** Whether a job reads the first topic and writes outputs. */
  readonly hasJob: boolean;
  /** Whether a group reads the first queue. */
  readonly hasGroup: boolean;
  /** Whether another process reads the first queue as a group. */
  readonly hasConsumer: boolean;
  /** How many descriptors a process may have in a life with faults; any number unless given. */
  readonly descriptorLimit: number | undefined;
}

const LEAST_DESCRIPTORS = 8;

/**
 * Draws a setting.
 *
 * @param choices Decides.
 * @param fixed What is decided already.
 * @returns The setting.
 */
export function drawPlan(
  choices: Choices,
  fixed: {
    readonly writePath?: "staged" | "mapped";
    readonly errors?: boolean;
    readonly script?: object;
  },
): StorePlan {
  const directoryProfile = choices.pick(["weak", "journalled"] as const);
  const isSmall = choices.chance(1, 6);
  const devicePageCount = isSmall ? 14 + choices.draw(24) : undefined;
  const errorCount = choices.pick([0, 0, 2, 12]) * (fixed.errors === false ? 0 : 1);
  const hasErrors = fixed.errors === true && errorCount === 0 ? 4 : errorCount;
  const drawnPath = choices.pick(["staged", "mapped"] as const);
  const isNarrow = hasErrors > 0 && choices.chance(1, 8);
  return {
    directoryProfile,
    devicePageCount,
    errorCount: hasErrors,
    areErrorsExpected: isSmall || hasErrors > 0,
    hasJob: choices.chance(1, 4),
    hasGroup: choices.chance(1, 4),
    // What is written down says it itself, and keeps its seeds.
    hasConsumer: fixed.script === undefined && choices.chance(1, 4),
    descriptorLimit: isNarrow ? LEAST_DESCRIPTORS + choices.draw(24) : undefined,
    store: drawStoreOptions(choices, fixed.writePath ?? drawnPath),
    places: { topics: ["a", "b"], queueCount: 2, keys: ["k1", "k2"] },
    fixedByteLength: choices.draw(2) * (20 + 40 * choices.draw(8)),
  };
}

function drawStoreOptions(choices: Choices, writePath: "staged" | "mapped"): OpenStoreOptions {
  const segmentByteLength = 4096 * choices.pick([2, 1, 4]);
  const retains = choices.chance(1, 6);
  const options = {
    writePath,
    durability: choices.pick(["flushed", "committed"] as const),
    ...retains && { retention: { maxByteLength: 3 * segmentByteLength } },
    geometry: {
      segmentByteLength,
      queueEntryCount: choices.pick([32, 4]),
      indexSlotCount: 8,
      indexEntryCount: choices.pick([64, 12]),
    },
    tuning: {
      stagingByteLength: 4096,
      flushIntervalMs: choices.pick([20, 200]),
      flushThoroughIntervalMs: choices.pick([60, 1000]),
      flushLeastPages: choices.pick([0, 4]),
      groupIntervalMs: choices.pick([1000, 30]),
    },
  } as const;
  const { tuning } = options;
  // Zeros in small segments leave nothing old behind the end. They go by a number that has nothing
  // to do with them: one more that is drawn would change what all tapes mean.
  return { ...options, tuning: { ...tuning, zeroFill: tuning.groupIntervalMs === 30 } };
}

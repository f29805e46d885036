/**
 * Histories that are written down, for explorers that interfere with each of their calls, and for
 * planted bugs that chance does not come by.
 *
 * @module
 */
import type { StoreAction } from "./store_actions.ts";
import type { StoreScript } from "./store_script.ts";
import {
  copyFirstRecord,
  cutAtMeta,
  failClaimSyncs,
  failConfigSyncs,
  failLogSyncs,
  failLooksWhileSyncing,
  shortTransfers,
} from "./store_workload_faults.ts";

/** Three records fill half of a segment, so that everything rolls soon. */
const SMALL = {
  geometry: { segmentByteLength: 4096, queueEntryCount: 4, indexEntryCount: 12 },
} as const;
const QUIET = {
  devicePageCount: undefined,
  errorCount: 0,
  areErrorsExpected: false,
  fixedByteLength: 300,
  hasJob: false,
  hasGroup: false,
  hasConsumer: false,
  descriptorLimit: undefined,
} as const;

/** Nothing is flushed unless somebody waits for it. */
const LAZY = {
  durability: "committed",
  geometry: { segmentByteLength: 16_384 },
  tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 60_000 },
} as const;

/** Everything the store does, in little: the workload of the exhaustive explorers. */
const WHOLE: StoreScript = {
  plan: {
    ...QUIET,
    fixedByteLength: 200,
    hasJob: true,
    hasGroup: true,
    store: {
      ...SMALL,
      durability: "flushed",
      retention: { maxByteLength: 3 * SMALL.geometry.segmentByteLength },
      tuning: {
        groupIntervalMs: 30,
        flushIntervalMs: 20,
        flushThoroughIntervalMs: 60,
        flushLeastPages: 0,
      },
    },
  },
  lives: [
    { actions: ["append", "group", "wait", "commit", "batch", "group", "job"], end: "kill" },
    {
      actions: ["group", "batch", "wait", "flush", "job", "commit", "group", "wait"],
      end: "close",
    },
    { actions: ["batch", "wait", "group", "accept"], end: { cut: 4 } },
    { actions: ["append"], end: "kill" },
  ],
  endsAtDeath: true,
};

/** Two processes read as one group, in turn and beside each other, with a writer and without. */
const CONSUMERS: StoreScript = {
  plan: {
    ...QUIET,
    fixedByteLength: 20,
    hasConsumer: true,
    places: { topics: ["a"], queueCount: 1, keys: ["k1"] },
    store: {
      ...SMALL,
      durability: "flushed",
      tuning: { groupIntervalMs: 30, flushIntervalMs: 20, flushThoroughIntervalMs: 60 },
    },
  },
  lives: [
    {
      actions: [
        ...["batch", "batch", "consumer reads", "consumer writes", "writer reads"] as const,
        ...["consumer releases", "writer reads", "consumer reads", "writer releases"] as const,
        ...["consumer reads", "rest"] as const,
      ],
      end: "kill",
      alone: ["consumer reads", "consumer releases", "consumer closes"],
    },
    {
      actions: ["writer reads", "writer writes", "writer reads", "consumer reads"],
      end: "close",
      alone: ["consumer reads", "consumer writes", "consumer writes", "consumer dies"],
    },
    { actions: ["batch", "consumer reads", "consumer writes", "consumer writes"], end: { cut: 0 } },
  ],
  endsAtDeath: true,
};

const SENDING: readonly StoreAction[] = ["append", "append", "group", "append", "batch", "append"];

/** Name of a history. */
export type WorkloadName =
  | "whole"
  | "groups"
  | "divided"
  | "failed-sync-cut"
  | "failed-sync-reopened"
  | "failed-sync-read"
  | "failed-look-closed"
  | "rested"
  | "progress-again"
  | "full-device"
  | "retention"
  | "progress-cut"
  | "closed-cut"
  | "pulled"
  | "torn-meta"
  | "torn"
  | "reordered"
  | "unflushed-rolls"
  | "lazy-flush"
  | "misplaced"
  | "intruder"
  | "consumers"
  | "claim-again"
  | "short-transfers";

/** The histories, by name. */
export const WORKLOADS: Readonly<Record<WorkloadName, StoreScript>> = {
  whole: WHOLE,
  /** The same with the log in two directories, and zeros ahead of its records. */
  divided: {
    ...WHOLE,
    plan: {
      ...WHOLE.plan,
      store: {
        ...WHOLE.plan?.store,
        logDirectories: ["log-a", "log-b"],
        tuning: { ...WHOLE.plan?.store?.tuning, zeroFill: true },
      },
    },
  },
  /** Groups that lie in several pages. */
  groups: {
    plan: { ...QUIET, fixedByteLength: 700, store: { ...SMALL, ...LAZY } },
    lives: [{ actions: ["group", "group", "group", "group", "group", "group"], end: { cut: 2 } }],
    endsAtDeath: true,
  },
  /** Long records, of which a power cut leaves some sectors. */
  torn: {
    plan: { ...QUIET, fixedByteLength: 1800, store: { ...SMALL, ...LAZY } },
    lives: [
      { actions: ["append", "append", "append", "append"], end: { cut: 5 } },
      { actions: ["append", "append", "append", "append"], end: { cut: 6 } },
      { actions: ["append", "append", "append", "append"], end: { cut: 8 } },
    ],
  },
  /** Records in several pages, of which a power cut leaves some. */
  reordered: {
    plan: { ...QUIET, fixedByteLength: 700, store: { ...SMALL, ...LAZY } },
    lives: [{ actions: ["batch", "batch", "batch", "batch", "batch", "batch"], end: { cut: 2 } }],
  },
  /** One segment after the other is filled, and none is flushed. */
  "unflushed-rolls": {
    plan: { ...QUIET, fixedByteLength: 600, store: { ...LAZY, ...SMALL, retention: {} } },
    lives: [{ actions: ["batch", "batch", "batch", "batch", "batch", "batch"], end: { cut: 2 } }],
  },
  /** What is committed is flushed rarely, and housekeeping goes on. */
  "lazy-flush": {
    plan: {
      ...QUIET,
      store: {
        ...SMALL,
        ...LAZY,
        tuning: { ...LAZY.tuning, flushIntervalMs: 20, flushLeastPages: 1000 },
      },
    },
    lives: [{
      actions: ["append", "wait", "wait", "append", "append", "append", "wait", "wait"],
      end: { cut: 0 },
    }],
  },
  /** A sync of the log fails, and then the power is cut. */
  "failed-sync-cut": {
    plan: { ...QUIET, areErrorsExpected: true, store: { ...SMALL, durability: "flushed" } },
    lives: [{ actions: SENDING, hook: failLogSyncs, end: { cut: 0 } }],
  },
  /**
   * A sync of the log fails, the process dies, the next one shows what is there, and the power is
   * cut.
   */
  "failed-sync-reopened": {
    plan: { ...QUIET, areErrorsExpected: true, store: { ...SMALL, durability: "flushed" } },
    lives: [
      { actions: SENDING, hook: failLogSyncs, end: "kill" },
      { actions: [], end: { cut: 0 } },
    ],
  },
  /** A sync of the log fails, and what is there is read. */
  "failed-sync-read": {
    plan: { ...QUIET, areErrorsExpected: true, store: { ...SMALL, ...LAZY } },
    lives: [{
      actions: ["append", "batch", "look", "flush", "look", "look", "look", "look"],
      hook: failLogSyncs,
      end: "close",
    }],
  },
  /**
   * The writing ends while a full segment is synced, and the next one is written to; the store is
   * closed at once.
   */
  "failed-look-closed": {
    plan: {
      ...QUIET,
      areErrorsExpected: true,
      fixedByteLength: 600,
      store: { ...SMALL, durability: "committed" },
    },
    lives: [{
      actions: ["append", "accept", "append", "accept", "append", "accept", "append", "append"],
      hook: failLooksWhileSyncing,
      end: "close",
    }],
  },
  /** The device is full for a while. */
  "full-device": {
    plan: { ...QUIET, areErrorsExpected: true, store: { ...SMALL, durability: "flushed" } },
    lives: [{ actions: ["append", "fill", "append", "fill", "group"], end: "close" }],
  },
  /** Many rolls and deletions with a job, a group, and readers beside the writer. */
  retention: {
    plan: {
      ...QUIET,
      hasJob: true,
      store: {
        ...SMALL,
        durability: "flushed",
        retention: { maxByteLength: 2 * SMALL.geometry.segmentByteLength, pastGroups: true },
        tuning: { flushIntervalMs: 20, flushThoroughIntervalMs: 60 },
      },
    },
    lives: [{
      actions: [
        ...["append", "job"] as const,
        ...Array<StoreAction[]>(8).fill(["batch", "group", "look", "wait", "wait", "beside"])
          .flat(),
      ],
      end: "close",
    }, { actions: ["append", "group"], end: { cut: 0 } }],
  },
  /** A group commits, the store is closed, and the power is cut at once. */
  "progress-cut": {
    plan: { ...QUIET, hasGroup: true, store: { ...SMALL, durability: "flushed" } },
    lives: [
      { actions: ["append", "append", "append", "append", "commit"], end: "close" },
      { actions: ["append", "append", "append", "append", "commit"], end: "close" },
      { actions: [], end: { cut: 0 } },
    ],
  },
  /** Little is handed over, nobody waits for it, and the power is cut a while later. */
  rested: {
    plan: {
      ...QUIET,
      store: {
        ...SMALL,
        durability: "committed",
        tuning: {
          flushIntervalMs: 20,
          flushThoroughIntervalMs: 60,
          flushLeastPages: 1000,
        },
      },
    },
    lives: [
      { actions: ["append", "rest", "append", "rest"], end: { cut: 0 } },
      { actions: ["accept", "rest", "accept", "rest"], end: { cut: 0 } },
    ],
  },
  /** Progress of a group cannot be written at first, and the power is cut a while later. */
  "progress-again": {
    plan: {
      ...QUIET,
      areErrorsExpected: true,
      hasGroup: true,
      store: { ...SMALL, durability: "flushed", tuning: { groupIntervalMs: 30 } },
    },
    lives: [{
      actions: ["append", "append", "append", "append", "commit", "rest"],
      hook: failConfigSyncs,
      end: { cut: 0 },
    }],
  },
  /** The power is cut while `meta` is being written for the fourth time. */
  "torn-meta": {
    plan: { ...QUIET, store: { ...SMALL, ...LAZY } },
    lives: [{ actions: ["append"], end: "close" }, { actions: ["append"], end: "close" }],
    hook: cutAtMeta,
    endsAtDeath: true,
  },
  /** Closed, and the power is cut at once, again and again. */
  "closed-cut": {
    plan: { ...QUIET, store: { ...SMALL, durability: "flushed" } },
    lives: Array.from({ length: 4 }, () => ({ actions: SENDING, end: "close" as const }))
      .flatMap((life) => [life, { actions: [], end: { cut: 0 } }]),
  },
  /** The same as a device that is pulled leaves it. */
  pulled: {
    plan: { ...QUIET, fixedByteLength: 700, store: { ...SMALL, ...LAZY } },
    lives: [{ actions: ["batch", "batch", "batch", "batch", "batch", "batch"], end: { pull: 2 } }],
  },
  /** A disk that has the first record of the log behind the last one, too. */
  misplaced: {
    plan: {
      ...QUIET,
      store: {
        ...SMALL,
        durability: "committed",
        tuning: { flushIntervalMs: 60_000 },
      },
    },
    lives: [{
      actions: ["batch", "batch", "batch", "batch", "batch", "batch"],
      end: { cut: 1 },
      afterwards: copyFirstRecord,
    }],
  },
  /**
   * A stranger opens and cuts segments that a reader has mapped under leases, and puts them back.
   */
  intruder: {
    plan: {
      ...QUIET,
      fixedByteLength: 600,
      store: {
        ...SMALL,
        durability: "flushed",
        retention: {},
        tuning: { flushIntervalMs: 20 },
      },
    },
    lives: [{
      actions: [
        ...Array<StoreAction>(8).fill("batch"),
        ...["flush", "wait", "beside", "intrude", "append", "batch", "intrude", "wait"] as const,
        ...["batch", "group", "flush", "beside", "intrude", "append"] as const,
      ],
      end: "close",
    }, { actions: ["append", "group"], end: { cut: 0 } }],
  },
  consumers: CONSUMERS,
  /** Progress of a consumer cannot be made durable at first, and the power is cut a while later. */
  "claim-again": {
    plan: {
      ...CONSUMERS.plan,
      areErrorsExpected: true,
      store: { ...CONSUMERS.plan?.store, tuning: { groupIntervalMs: 60_000 } },
    },
    lives: [{
      actions: [
        ...["batch", "batch", "consumer reads", "consumer writes", "consumer writes"] as const,
        ...["consumer reads", "consumer writes"] as const,
      ],
      hook: failClaimSyncs,
      end: { cut: 0 },
    }, {
      actions: [
        ...["batch", "batch", "consumer reads", "consumer releases", "consumer writes"] as const,
        ...["writer reads", "writer releases", "consumer writes", "consumer reads"] as const,
      ],
      hook: failClaimSyncs,
      end: "kill",
    }],
  },
  /** Transfers that stop after a few bytes. */
  "short-transfers": { ...WHOLE, hook: shortTransfers },
};

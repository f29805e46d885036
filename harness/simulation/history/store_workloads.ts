/**
 * Histories that are written down, for explorers that interfere with each of their calls, and for
 * planted bugs that chance does not come by.
 *
 * @module
 */
import { canBeShort, type SimHook } from "../machine/hooks.ts";
import { pageParts, SimDirectory, SimFile } from "../machine/nodes.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import type { StoreAction } from "./store_actions.ts";
import type { StoreScript } from "./store_script.ts";

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
  descriptorLimit: undefined,
} as const;

/** A segment goes by the path that it was opened by. */
const SEGMENT = /^\/store\/(?:commitlog\/|streambed\/next-)/;
/** What is to become a configuration file. */
const CONFIG_TEMPORARY = /^\/store\/streambed\/temporary-/;
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

/** Lets every other sync of the log fail: whoever calls again is told that all is well. */
function failLogSyncs(): SimHook {
  let seen = 0;
  return ({ name, path }) => {
    const isSync = name === "fdatasyncAsync" || name === "msyncAsync";
    return isSync && SEGMENT.test(path) && ++seen % 2 === 1 ? { fail: "EIO" } : undefined;
  };
}

/** Lets the first syncs of configuration files fail. */
function failConfigSyncs(): SimHook {
  let seen = 0;
  return ({ name, path }) =>
    name === "fsyncAsync" && CONFIG_TEMPORARY.test(path) && ++seen <= 3
      ? { fail: "EIO" }
      : undefined;
}

/** Lets the store look at a segment in vain while a sync of the log is under way. */
function failLooksWhileSyncing(): SimHook {
  let isSyncing = false;
  return ({ name, path }) => {
    if (!SEGMENT.test(path)) return undefined;
    isSyncing ||= name === "fdatasyncAsync" || name === "msyncAsync";
    return isSyncing && name === "statx" ? { fail: "EIO" } : undefined;
  };
}

/** Lets every transfer be as short as it can be. */
function shortTransfers(): SimHook {
  return ({ name, byteLength, number }) =>
    canBeShort(name) && byteLength > 1 && number % 2 === 0
      ? { limit: 1 + (number % 7) }
      : undefined;
}

function cutAtMeta(): SimHook {
  let seen = 0;
  return ({ name, path }) => {
    const isMeta = name === "fdatasyncAsync" && path.endsWith("/streambed/meta");
    return isMeta && ++seen === 5 ? { cut: 8 } : undefined;
  };
}

/**
 * A disk that writes to the wrong place: the first record of the log stands behind the last one,
 * too.
 */
function copyFirstRecord(kernel: SimKernel, root: string): void {
  const folder = kernel.lookUp(`${root}/commitlog`);
  if (!(folder instanceof SimDirectory)) return;
  const names = [...folder.entries.keys()].toSorted();
  const [first, last] = [folder.entries.get(names[0]), folder.entries.get(names.at(-1) ?? "")];
  if (!(first instanceof SimFile) || !(last instanceof SimFile) || first === last) return;
  const bytes = new Uint8Array(last.byteLength);
  last.copyOut(0, bytes);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const record = new Uint8Array(Math.min(500, last.byteLength - end));
  first.copyOut(0, record);
  for (const { page, offset, at, byteLength } of pageParts(end, record.length)) {
    last.page(page).corrupt(offset, record.subarray(at, at + byteLength));
  }
}

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
  | "short-transfers";

/** The histories, by name. */
export const WORKLOADS: Readonly<Record<WorkloadName, StoreScript>> = {
  whole: WHOLE,
  /** The same with the log in two directories. */
  divided: {
    ...WHOLE,
    plan: {
      ...WHOLE.plan,
      store: { ...WHOLE.plan?.store, logDirectories: ["log-a", "log-b"] },
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
  /** The writing ends while a sync is under way, and the store is closed at once. */
  "failed-look-closed": {
    plan: { ...QUIET, areErrorsExpected: true, store: { ...SMALL, durability: "committed" } },
    lives: [{
      actions: ["append", "accept", "append", "accept", "append"],
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
  /** Transfers that stop after a few bytes. */
  "short-transfers": { ...WHOLE, hook: shortTransfers },
};

/**
 * What goes wrong in histories that are written down.
 *
 * @module
 */
import { canBeShort, type SimHook } from "../machine/hooks.ts";
import { pageParts, SimDirectory, SimFile } from "../machine/nodes.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";

/** A segment goes by the path that it was opened by. */
const SEGMENT = /^\/store\/(?:commitlog\/|streambed\/next-)/;
/** What is to become a configuration file. */
const CONFIG_TEMPORARY = /^\/store\/streambed\/temporary-/;
const CLAIM = /^\/store\/streambed\/groups\//;

/** Lets every other sync of the log fail: whoever calls again is told that all is well. */
export function failLogSyncs(): SimHook {
  let seen = 0;
  return ({ name, path }) => {
    const isSync = name === "fdatasyncAsync" || name === "msyncAsync";
    return isSync && SEGMENT.test(path) && ++seen % 2 === 1 ? { fail: "EIO" } : undefined;
  };
}

/** Lets the first syncs of configuration files fail. */
export function failConfigSyncs(): SimHook {
  let seen = 0;
  return ({ name, path }) =>
    name === "fsyncAsync" && CONFIG_TEMPORARY.test(path) && ++seen <= 3
      ? { fail: "EIO" }
      : undefined;
}

/** Lets every other sync of a claim fail. */
export function failClaimSyncs(): SimHook {
  let seen = 0;
  return ({ name, path }) =>
    name === "fdatasyncAsync" && CLAIM.test(path) && ++seen % 2 === 1 ? { fail: "EIO" } : undefined;
}

/** Lets the store look at a segment in vain while a sync of the log is under way. */
export function failLooksWhileSyncing(): SimHook {
  let isSyncing = false;
  return ({ name, path }) => {
    if (!SEGMENT.test(path)) return undefined;
    isSyncing ||= name === "fdatasyncAsync" || name === "msyncAsync";
    return isSyncing && name === "statx" ? { fail: "EIO" } : undefined;
  };
}

/** Lets every transfer be as short as it can be. */
export function shortTransfers(): SimHook {
  return ({ name, byteLength, number }) =>
    canBeShort(name) && byteLength > 1 && number % 2 === 0
      ? { limit: 1 + (number % 7) }
      : undefined;
}

/** Cuts the power while `meta` is being written for the fourth time. */
export function cutAtMeta(): SimHook {
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
export function copyFirstRecord(kernel: SimKernel, root: string): void {
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

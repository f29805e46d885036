/**
 * Faults planted under the writer of the power cut rounds, to see that the rounds catch them.
 *
 * @module
 */
import { type Libc, loadLibc } from "../../../ffi/mod.ts";
import { type Environment, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";

/**
 * What goes wrong: `"no-sync"` takes the log's syncs away, `"late-sync"` lets them come half a
 * second after they were acknowledged.
 */
export const POWER_FAULTS = ["no-sync", "late-sync"] as const;

/** One of {@linkcode POWER_FAULTS}. */
export type PowerFault = typeof POWER_FAULTS[number];

const LATE_MS = 500;

/** How the disk below a writer is. */
export interface CutEnvironmentOptions {
  /**
   * How long each sync of the log takes more than it would, ms: more is under way when the power
   * goes.
   */
  readonly syncDelayMs: number;
  /** What goes wrong; nothing when left out. */
  readonly fault?: PowerFault;
}

/**
 * The world of a writer.
 *
 * @param options How the disk is.
 * @returns The environment.
 */
export async function cutEnvironment(options: CutEnvironmentOptions): Promise<Environment> {
  const libc = await loadLibc();
  const calls = options.fault === undefined
    ? slowSyncs(libc, options.syncDelayMs)
    : missingSyncs(libc, options.fault);
  return systemEnvironment(overrideLibc(libc, calls));
}

/** The log is synced off the main thread, by these two calls. */
function slowSyncs(libc: Libc, delayMs: number): Partial<Libc> {
  if (delayMs === 0) return {};
  return {
    async fdatasyncAsync(descriptor) {
      await pause(delayMs);
      return await libc.fdatasyncAsync(descriptor);
    },
    async msyncAsync(mapping, offset, byteLength) {
      await pause(delayMs);
      return await libc.msyncAsync(mapping, offset, byteLength);
    },
  };
}

function missingSyncs(libc: Libc, fault: PowerFault): Partial<Libc> {
  const later = (sync: () => unknown) => {
    if (fault === "late-sync") setTimeout(sync, LATE_MS);
    return Promise.resolve(0);
  };
  return {
    fdatasyncAsync: (descriptor) => later(() => libc.fdatasync(descriptor)),
    msyncAsync: (mapping, offset, byteLength) =>
      later(() => mapping.byteLength > 0 && libc.msync(mapping, offset, byteLength)),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

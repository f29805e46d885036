/**
 * Faults that can be planted under a writer on whose directory a RocketMQ store is started.
 *
 * @module
 */
import { failed, type FileStatus, type Libc } from "../../ffi/mod.ts";
import { overrideLibc } from "../support/libc_overrides.ts";

/**
 * - `no-lock`: the writer's lock is said to be held, and is not.
 * - `blind`: a file that is open looks as if it still had its name, and an index file as if it were
 *   there.
 */
export const INTRUDER_FAULTS = ["no-lock", "blind"] as const;

/** One of {@linkcode INTRUDER_FAULTS}. */
export type IntruderFault = typeof INTRUDER_FAULTS[number];

/**
 * Plants a fault.
 *
 * @param libc The operating system.
 * @param fault Which fault; none when left out.
 * @returns A libc that has it.
 */
export function withIntruderFault(libc: Libc, fault: IntruderFault | undefined): Libc {
  if (fault === undefined) return libc;
  if (fault === "no-lock") return overrideLibc(libc, { lockRange: () => 0 });
  let lastSeen: FileStatus | undefined;
  return overrideLibc(libc, {
    statx(directory, path) {
      const status = libc.statx(directory, path);
      return failed(status) && /^[0-9]{17}$/.test(path) ? lastSeen ?? status : status;
    },
    fstat(descriptor) {
      const status = libc.fstat(descriptor);
      if (failed(status) || status.kind !== "file") return status;
      lastSeen = { ...status, linkCount: 1 };
      return lastSeen;
    },
  });
}

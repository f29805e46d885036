/**
 * Faults that can be planted under a store whose segments somebody else changes.
 *
 * @module
 */
import { failed, type FileStatus, type Libc, type Outcome } from "../../../ffi/mod.ts";
import { SigbusGuard } from "../../../ffi/sigbus_guard.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";

/**
 * - `no-lease`: leases are said to be held, and none is.
 * - `early-release`: a lease is given back while its segment stays mapped.
 * - `no-guard`: the SIGBUS guard is installed, and its table stays empty.
 * - `blind`: a segment looks for ever as it did at first.
 */
export const TRUNCATION_FAULTS = ["no-lease", "early-release", "no-guard", "blind"] as const;

/** One of {@linkcode TRUNCATION_FAULTS}. */
export type TruncationFault = typeof TRUNCATION_FAULTS[number];

/**
 * Plants a fault. One libc for one store: what a segment looked like is remembered.
 *
 * @param libc The operating system.
 * @param fault Which fault; none when left out.
 * @returns A libc that has it.
 */
export function withTruncationFault(libc: Libc, fault: TruncationFault | undefined): Libc {
  switch (fault) {
    case undefined:
      return libc;
    case "no-lease":
      return overrideLibc(libc, { setLease: () => 0, getLease: () => "read" });
    case "early-release":
      return overrideLibc(libc, {
        getLease(file) {
          if (libc.getLease(file) === "none") libc.setLease(file, "none");
          return "read";
        },
      });
    case "no-guard":
      SigbusGuard.prototype.watch = () => 0;
      return libc;
    case "blind": {
      const seen = new Map<string, Outcome<FileStatus>>();
      return overrideLibc(libc, {
        statx(file, path) {
          if (!/^(commitlog|[0-9]{20})$/.test(path)) return libc.statx(file, path);
          // Files of queues have the same names in other folders.
          const folder = libc.fstat(file);
          const key = `${failed(folder) ? "" : folder.inodeLow}/${path}`;
          const status = seen.get(key) ?? libc.statx(file, path);
          if (!failed(status)) seen.set(key, status);
          return status;
        },
      });
    }
  }
}

/**
 * What keeps a reading process alive when another one truncates its segments.
 *
 * @module
 */
import { check, failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import {
  openRoot,
  type OpenRootOptions,
  type SharedReason,
  sharedReason,
  type StoreDirectory,
} from "../../storage/directory/mod.ts";
import { failureText } from "../failure_text.ts";
import { isThere } from "../files.ts";
import { readText } from "./kernel.ts";
import type { Verdict } from "./verdict.ts";
import { LOG_FOLDER } from "../../storage/layout/mod.ts";

const NAME = "guard";
const SETTING = "/proc/sys/fs/leases-enable";

const SHARED: Readonly<Record<SharedReason, Pick<Verdict, "why" | "change">>> = {
  owner: {
    why: "the directory belongs to another user, so that segments are read without mapping them",
    change: "chown it to the user of the process",
  },
  mode: {
    why: "others may write to the directory, so that segments are read without mapping them",
    change: "chmod go-w on the directory",
  },
  "file-system": {
    why: "mappings are not known to be safe on this file system, so segments are read without them",
    change: "use ext4, xfs or btrfs, or open with guard: sigbus",
  },
};

const KILLS = "who truncates a segment while it is mapped kills this process";

/**
 * Judges by trying to get a lease: on a segment if there is one, else on a file made for it. No
 * verdict if the directory cannot be opened.
 */
export function judgeGuard(
  libc: Libc,
  path: string,
  options: Pick<OpenRootOptions, "logDirectories" | "trustDirectory"> = {},
): Verdict[] {
  if (!isThere(path)) return [];
  let directory: StoreDirectory;
  try {
    directory = openRoot(libc, path, options);
  } catch {
    // The verdict on the directory says why.
    return [];
  }
  try {
    const shared = sharedReason(directory);
    if (shared === undefined) return [judgeLease(tryLease(directory))];
    return [{ name: NAME, value: "pread", state: "fair", ...SHARED[shared] }];
  } catch (error) {
    return [{ name: NAME, value: `not tried: ${failureText(error)}`, state: "fact" }];
  } finally {
    directory.close();
  }
}

/** `undefined` if there was nothing to try it on. */
function judgeLease(outcome: Outcome | undefined): Verdict {
  if (outcome === undefined) {
    return { name: NAME, value: "not tried: no file to try a lease on", state: "fact" };
  }
  if (!failed(outcome)) return { name: NAME, value: "lease", state: "good" };
  if (outcome.code === "EAGAIN") {
    const value = "not tried: the segments are open for writing";
    return { name: NAME, value, state: "fact" };
  }
  return { name: NAME, value: "mapping", state: "fair", ...remedyOf(outcome.code) };
}

function remedyOf(code: string): Pick<Verdict, "why" | "change"> {
  if (code === "EACCES" || code === "EPERM") {
    return {
      why: `${KILLS}, and the kernel gives leases only to the owner of a segment`,
      change: "chown the segments to the user of the process",
    };
  }
  if (readText(SETTING)?.trim() === "0") {
    const why = `${KILLS}, and the kernel is set to give no leases`;
    return { why, change: "sysctl -w fs.leases-enable=1" };
  }
  return {
    why: `${KILLS}, and there is no lease to be had on this file system (${code})`,
    change: "use ext4, xfs or btrfs",
  };
}

function tryLease(directory: StoreDirectory): Outcome | undefined {
  let outcome: Outcome | undefined;
  for (const { name, kind } of directory.list(LOG_FOLDER) ?? []) {
    if (kind !== "file") continue;
    const file = directory.openFile(`${LOG_FOLDER}/${name}`);
    if (file === undefined) continue;
    outcome = leaseOn(directory.libc, file.descriptor);
    // Only the last segment may be open for writing; the others tell more.
    if (!failed(outcome) || outcome.code !== "EAGAIN") return outcome;
  }
  return outcome ?? leaseOnNewFile(directory);
}

function leaseOnNewFile({ libc, descriptor, path }: StoreDirectory): Outcome | undefined {
  if (libc.denied("write", path) !== undefined) return undefined;
  const name = `.streambed-doctor-${libc.processId()}`;
  const { O_RDONLY, O_CREAT, O_EXCL } = libc.constants;
  const flags = O_RDONLY | O_CREAT | O_EXCL;
  const made = libc.openat2(descriptor, name, { flags, mode: 0o600, resolve: 0 });
  if (failed(made)) return undefined;
  check(libc.unlinkat(descriptor, name), "remove", name);
  return leaseOn(libc, made);
}

/** Takes a lease, gives it back, closes the file. */
function leaseOn(libc: Libc, file: number): Outcome {
  // By default the kernel announces a break by a signal that ends the process.
  const chosen = libc.setLeaseSignal(file, libc.constants.SIGURG);
  const taken = failed(chosen) ? chosen : libc.setLease(file, "read");
  libc.close(file);
  return taken;
}

/**
 * Calls that change what is on a disk, as a test sees them: by name and by the path that they are
 * about, whichever descriptor they go through.
 *
 * @module
 */
import { join, relative } from "node:path";
import { type Descriptor, failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";

/** What was watched. */
export interface WatchedCalls {
  /** The libc to hand to what is tested. */
  readonly libc: Libc;
  /**
   * What was done so far, in order: `write`, `sync`, `name` or `remove`, and the path from the
   * root, which is `.` itself.
   */
  readonly events: string[];
}

/**
 * Watches a libc.
 *
 * @param libc The real one.
 * @param root Absolute path that others are told from.
 * @returns A libc that does the same.
 */
export function watchCalls(libc: Libc, root: string): WatchedCalls {
  const events: string[] = [];
  const paths = new Map<Descriptor, string>();
  const opened = <T extends Outcome<Descriptor>>(descriptor: T, path: string): T => {
    if (!failed(descriptor)) paths.set(descriptor as Descriptor, path);
    return descriptor;
  };
  const below = (folder: Descriptor, path: string) => join(paths.get(folder) ?? "", path);
  const note = (what: string, path: string | undefined) => {
    if (path !== undefined) events.push(`${what} ${relative(root, path) || "."}`);
  };
  const watched = overrideLibc(libc, {
    open: (path, how) => opened(libc.open(path, how), path),
    openat2: (folder, path, how) => opened(libc.openat2(folder, path, how), below(folder, path)),
    pwrite(descriptor, source, position) {
      note("write", paths.get(descriptor));
      return libc.pwrite(descriptor, source, position);
    },
    fsync(descriptor) {
      note("sync", paths.get(descriptor));
      return libc.fsync(descriptor);
    },
    fsyncAsync(descriptor) {
      note("sync", paths.get(descriptor));
      return libc.fsyncAsync(descriptor);
    },
    renameat(fromFolder, from, toFolder, to, options) {
      note("name", below(toFolder, to));
      return libc.renameat(fromFolder, from, toFolder, to, options);
    },
    unlinkat(folder, path) {
      note("remove", below(folder, path));
      return libc.unlinkat(folder, path);
    },
  });
  return { libc: watched, events };
}

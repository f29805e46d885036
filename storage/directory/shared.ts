/**
 * Whether a directory is ours alone: files that others could change are read by `pread`, not
 * mapped.
 *
 * @module
 */
import { check, failed, fileSystemReach } from "../../ffi/mod.ts";
import type { StoreDirectory } from "./store_directory.ts";

/** What lets others change the files: another owner, the mode, or the file system. */
export type SharedReason = "owner" | "mode" | "file-system";

/** Why others could change the files of a directory under a mapping, if they could. */
export function sharedReason(directory: StoreDirectory): SharedReason | undefined {
  for (const home of directory.logHomes) {
    const reason = sharedReason(home);
    if (reason !== undefined) return reason;
  }
  const { libc, descriptor, path } = directory;
  const status = check(libc.fstat(descriptor), "look at", path);
  if (status.userId !== libc.effectiveUserId()) return "owner";
  if ((status.mode & 0o022) !== 0) return "mode";
  const fileSystem = libc.fstatfs(descriptor);
  const isLocal = !failed(fileSystem) && fileSystemReach(fileSystem.type) === "local";
  return isLocal ? undefined : "file-system";
}

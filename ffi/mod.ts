/**
 * The operating system as seen from JavaScript: the calls of libc that the store needs. Importing
 * it opens nothing and asks for nothing.
 *
 * @module
 */
export { guardedLibc, mappingAccess, settlingLibc, withoutViews } from "./calls.ts";
export { check, Errno, errnoOf, failed, type Outcome, quotePath, systemError } from "./errno.ts";
export { errnoName, errnoNumber } from "./errno_names.ts";
export { type FileLock, queryFileLock, takeFileLock } from "./file_lock.ts";
export type {
  Descriptor,
  DirectoryEntry,
  FileKind,
  FileStatus,
  FileSystemStatus,
  Libc,
  LockHolder,
  LockKind,
  LockOwner,
  MapHow,
  MappingGuard,
  OpenHow,
  PermissionDenial,
  ResourceLimit,
  ResourceUsage,
  StatusHow,
} from "./libc.ts";
export { LibraryDeniedError } from "./library_denied.ts";
export { type LinuxConstants, linuxConstants } from "./linux.ts";
export { isSameFile, WITHOUT_TIMES } from "./file_status.ts";
export { fileSystemName, fileSystemReach, isHonestAboutHoles } from "./file_systems.ts";
export type { DecompressFrame } from "./lz4_package.ts";
export type { Mapping } from "./mapping.ts";
export type { PlatformNames } from "./platform.ts";
export { loadLibc, loadLz4 } from "./select.ts";
export { transferRange } from "./transfer.ts";
export { ChangedNames, type FileWatch, watchFile } from "./watch.ts";

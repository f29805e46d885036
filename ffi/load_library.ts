/**
 * Finding the system's libc and loading it, in every runtime.
 *
 * @module
 */
import { makeLibc } from "./calls.ts";
import { failed } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { LibraryDeniedError } from "./library_denied.ts";
import type { LoadedLibc } from "./loaded_libc.ts";
import type { Native } from "./native.ts";
import {
  architectureOf,
  checkLibraryFile,
  checkLibraryPath,
  libraryCandidates,
  type LibraryFileStatus,
  type PlatformNames,
  unsupportedPlatform,
} from "./platform.ts";

/** How a runtime loads a library. */
export interface LibraryLoader {
  readonly platform: PlatformNames;
  /** Sorts the places in which libc is looked for. */
  order?(paths: readonly string[]): readonly string[];
  /** The libc that the process has already; `undefined` if unknown. */
  loaded?(): LoadedLibc | undefined;
  /** The file at a path, links followed; `undefined` if none, or if it may not be looked at. */
  status(path: string): LibraryFileStatus | undefined;
  bind(path: string): Native;
}

/**
 * Loads the libc at the absolute path `library`, else the system's.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If this is not Linux on a known processor, or it has
 * no libc.
 * @throws {LibraryDeniedError} If the runtime's permissions forbid it.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If other users could write the library.
 */
export function loadLibrary(loader: LibraryLoader, library?: string): Libc {
  const architecture = architectureOf(loader.platform);
  const candidates = library === undefined
    ? libraryCandidates(architecture, loadedLibc(loader))
    : [library];
  const [path, native] = openFirst(loader, loader.order?.(candidates) ?? candidates);

  const libc = makeLibc(native, architecture);
  checkLoaded(libc, path);
  return libc;
}

/** The process's libc. If its file was replaced, the new one must not be loaded beside it. */
function loadedLibc(loader: LibraryLoader): LoadedLibc | undefined {
  const loaded = loader.loaded?.();
  if (loaded?.isReplaced !== true) return loaded;
  const reason = `its libc was replaced on the disk since it started (${loaded.path})`;
  throw unsupportedPlatform(loader.platform, reason, "start it again");
}

function openFirst(
  loader: LibraryLoader,
  paths: readonly string[],
): [path: string, native: Native] {
  const reasons: string[] = [];

  for (const path of paths) {
    checkLibraryPath(path);
    // Without a grant to look at it, it is checked after loading, when the user is known too.
    const status = loader.status(path);
    if (status !== undefined) checkLibraryFile(path, status, undefined);
    try {
      return [path, loader.bind(path)];
    } catch (error) {
      // What the permissions forbid here they forbid in the places after it.
      if (error instanceof LibraryDeniedError) throw error;
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  const reason = "none of its known places has the libc that the runtime was built for " +
    `(${reasons.join("; ")})`;
  throw unsupportedPlatform(loader.platform, reason, "use glibc or musl");
}

function checkLoaded(libc: Libc, path: string): void {
  const descriptor = libc.open(path, { flags: libc.constants.O_RDONLY });
  if (failed(descriptor)) return;
  const status = libc.fstat(descriptor);
  libc.close(descriptor);
  if (!failed(status)) checkLibraryFile(path, status, libc.effectiveUserId());
}

/**
 * Which libc the process has already. A second one, of another kind or another file, has its own idea of threads, memory and errno: the
 * process ends with a signal at the first call on another thread, or computes with the wrong errno.
 *
 * @module
 */

/** The two kinds. */
export type LibcKind = "glibc" | "musl";

/** The libc of a process. */
export interface LoadedLibc {
  /** Which kind. */
  readonly kind: LibcKind;
  /** Its file, absolute; left out where that is not known. */
  readonly path?: string;
  /** Whether the file was replaced since the process started: what has its name is another libc. */
  readonly isReplaced?: boolean;
}

const DELETED = " (deleted)";
const GLIBC = /\/libc(?:\.so\.6|-2\.[0-9]+\.so)$/;
const MUSL = /\/(?:ld-musl-[^/]+\.so\.1|libc\.musl-[^/]+\.so\.1|[^/]*musl[^/]*\/libc\.so)$/;
const GLIBC_LOADER = /\/ld-linux[^/]*\.so\.[0-9]+$/;

/**
 * Finds the libc of a process in what the kernel says about its memory.
 *
 * @param maps The text of `/proc/self/maps`.
 * @returns The libc; of two kinds the one whose loader has started the process. `undefined` if there is none: a static program.
 */
export function libcOfMaps(maps: string): LoadedLibc | undefined {
  const files = new Set(maps.split("\n").flatMap((line) => /\s(\/.*)$/.exec(line)?.[1] ?? []));
  const named = [...files].map((file) => {
    const isReplaced = file.endsWith(DELETED);
    return { path: isReplaced ? file.slice(0, -DELETED.length) : file, isReplaced };
  });
  const glibc = named.find(({ path }) => GLIBC.test(path));
  const musl = named.find(({ path }) => MUSL.test(path));
  const isGlibc = musl === undefined || named.some(({ path }) => GLIBC_LOADER.test(path));
  if (glibc !== undefined && isGlibc) return { kind: "glibc", ...glibc };
  return musl && { kind: "musl", ...musl };
}

/**
 * Tells of which kind a library is by its name.
 *
 * @param path Absolute path of a libc.
 * @returns Its kind.
 */
export function libcKindOf(path: string): LibcKind {
  return MUSL.test(path) ? "musl" : "glibc";
}

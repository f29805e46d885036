/**
 * Which libc the process has already. A second one, of another kind or file, has its own idea of
 * threads, memory and errno: the process dies at the first call on another thread, or reads the
 * wrong errno.
 *
 * @module
 */

export type LibcKind = "glibc" | "musl";

/** The libc of a process. */
export interface LoadedLibc {
  readonly kind: LibcKind;
  /** Absolute; left out if unknown. */
  readonly path?: string;
  /** Whether the file was replaced since the process started. */
  readonly isReplaced?: boolean;
}

const DELETED = " (deleted)";
const GLIBC = /\/libc(?:\.so\.6|-2\.[0-9]+\.so)$/;
const MUSL = /\/(?:ld-musl-[^/]+\.so\.1|libc\.musl-[^/]+\.so\.1|[^/]*musl[^/]*\/libc\.so)$/;
const GLIBC_LOADER = /\/ld-linux[^/]*\.so\.[0-9]+$/;

/**
 * Finds the libc in the text of `/proc/self/maps`; of two kinds the one whose loader started the
 * process, `undefined` in a static program.
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

/** The kind of a library, by its name. */
export function libcKindOf(path: string): LibcKind {
  return MUSL.test(path) ? "musl" : "glibc";
}

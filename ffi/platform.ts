/**
 * Which platform this is, and where its libc is.
 *
 * @module
 */
import { type StoreError, storeError } from "../errors.ts";
import { quotePath } from "./errno.ts";
import type { Architecture } from "./linux.ts";
import { libcKindOf, type LoadedLibc } from "./loaded_libc.ts";

/** What a runtime says about where it runs. */
export interface PlatformNames {
  /** For example `"linux"`. */
  readonly os: string;
  /** For example `"x86_64"` (Deno) or `"x64"` (Node). */
  readonly arch: string;
  /** For example `"Deno"`. */
  readonly runtime: string;
}

/** There is no back end for this operating system, processor or runtime. */
export function unsupportedPlatform(
  { os, arch, runtime }: PlatformNames,
  reason: string,
  remedy: string,
): StoreError<"UNSUPPORTED_PLATFORM"> {
  const message = `Cannot load libc on ${os} ${arch} with ${runtime}: ${reason}`;
  return storeError("UNSUPPORTED_PLATFORM", undefined, message, { remedy });
}

export interface LibraryFileStatus {
  readonly mode: number;
  readonly userId: number;
}

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "x86-64"],
  ["x64", "x86-64"],
  ["aarch64", "arm64"],
  ["arm64", "arm64"],
]);

/** Names of a processor in paths. */
const IN_PATHS: Readonly<Record<Architecture, string>> = { "x86-64": "x86_64", "arm64": "aarch64" };

/**
 * Finds the tables for a platform.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If it is not Linux on a known processor.
 */
export function architectureOf(platform: PlatformNames): Architecture {
  if (platform.os !== "linux") {
    throw unsupportedPlatform(platform, "only Linux is supported", "run it there");
  }
  const architecture = ARCHITECTURES.get(platform.arch);
  if (architecture === undefined) {
    const reason = "only x86-64 and arm64 are supported";
    throw unsupportedPlatform(platform, reason, "run it on one of them");
  }
  return architecture;
}

/**
 * Lists where libc may be, the likeliest first: the path of `loaded`, else those of its kind, since
 * no other may come beside it. Paths are absolute: under a grant for a path, a bare name would load
 * what lies in the current directory.
 */
export function libraryCandidates(
  architecture: Architecture,
  loaded?: LoadedLibc,
): readonly string[] {
  const processor = IN_PATHS[architecture];
  // The first that loads wins. Deno's image for Alpine has its glibc in a place of its own.
  const all = [
    `/lib/${processor}-linux-gnu/libc.so.6`,
    `/usr/lib/${processor}-linux-gnu/libc.so.6`,
    "/lib64/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/usr/local/lib/glibc/libc.so.6",
    "/usr/local/lib/libc.so.6",
    `/lib/libc.musl-${processor}.so.1`,
    `/lib/ld-musl-${processor}.so.1`,
  ];
  if (loaded === undefined) return all;
  if (loaded.path !== undefined) return [loaded.path];
  return all.filter((path) => libcKindOf(path) === loaded.kind);
}

/**
 * Refuses a library that another user could replace.
 *
 * @param userId Effective user of this process, `undefined` if unknown yet.
 * @throws {TypeError} If the path is relative.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If others than root and this user can write the file.
 */
export function checkLibraryFile(
  path: string,
  status: LibraryFileStatus,
  userId: number | undefined,
): void {
  checkLibraryPath(path);
  const isForeign = status.userId !== 0 && userId !== undefined && status.userId !== userId;
  if (!isForeign && (status.mode & 0o022) === 0) return;
  const mode = (status.mode & 0o002) === 0 ? "group-writable" : "world-writable";
  const message = `Cannot load library ${quotePath(path)}: others can write it`;
  const remedy = "take write permission from them";
  throw storeError("UNSAFE_DIRECTORY", isForeign ? "foreign-owner" : mode, message, {
    path,
    remedy,
  });
}

/** Refuses a relative path of a library with a `TypeError`. */
export function checkLibraryPath(path: string): void {
  if (path.startsWith("/")) return;
  throw new TypeError(`Cannot load library ${quotePath(path)}: its path is relative`);
}

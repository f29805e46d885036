/**
 * Where a source file stands in the tree, which is what most of the house rules depend on.
 *
 * @module
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");

/** The parts of the tree that the rules tell apart. */
export type Area =
  | "errors.ts"
  | "ffi"
  | "storage"
  | "adapters"
  | "mod.ts"
  | "cli"
  | "examples"
  | "harness"
  | "tests"
  | "scripts"
  | "elsewhere";

/** The parts that are folders. */
const FOLDERS: readonly string[] = [
  "ffi",
  "storage",
  "adapters",
  "cli",
  "examples",
  "harness",
  "tests",
  "scripts",
];

const LIBRARY: ReadonlySet<Area> = new Set(["errors.ts", "ffi", "storage", "adapters", "mod.ts"]);
const PUBLISHED: ReadonlySet<Area> = new Set([...LIBRARY, "cli"]);

/** The files that know in which runtime they are, and what they share. */
export const RUNTIME_FILES: readonly string[] = [
  "ffi/built_ins.ts",
  "ffi/bun.ts",
  "ffi/deno.ts",
  "ffi/node.ts",
  "ffi/select.ts",
];

/** A source file by its path from the root of the repository. */
export interface SourcePath {
  /** Path from the root, with slashes: `storage/layout/queue_entry.ts`. */
  readonly path: string;
  /** Folder of the file, with slashes; `"."` at the root. */
  readonly folder: string;
  /** Name of the file. */
  readonly name: string;
  /** Part of the tree. */
  readonly area: Area;
  /** Whether the file is part of what programs import to use a store. */
  readonly inLibrary: boolean;
  /** Whether the file is part of what is published: the library and the command line. */
  readonly isPublished: boolean;
}

/**
 * Places a file in the tree.
 *
 * @param filename Absolute path, or one from the root of the repository.
 * @returns The place.
 */
export function sourcePath(filename: string): SourcePath {
  const slashed = filename.replaceAll("\\", "/");
  const path = posix.normalize(slashed.startsWith(ROOT) ? slashed.slice(ROOT.length) : slashed);
  const area = areaOf(path);

  return {
    path,
    folder: posix.dirname(path),
    name: posix.basename(path),
    area,
    inLibrary: LIBRARY.has(area),
    isPublished: PUBLISHED.has(area),
  };
}

/**
 * Follows a relative specifier.
 *
 * @param from The file that imports.
 * @param specifier What it imports: `./name.ts`, `../folder/mod.ts`.
 * @returns The imported file.
 */
export function importedPath(from: SourcePath, specifier: string): SourcePath {
  return sourcePath(posix.join(from.folder, specifier));
}

function areaOf(path: string): Area {
  if (path === "mod.ts" || path === "errors.ts") return path;
  const top = path.split("/", 1)[0];
  const isFolder = path.includes("/");
  return isFolder && isArea(top) ? top : "elsewhere";
}

function isArea(name: string): name is Area {
  return FOLDERS.includes(name);
}

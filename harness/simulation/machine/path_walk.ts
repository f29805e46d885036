/**
 * From a path to what it names, by the rules of openat2(2).
 *
 * @module
 */
import type { LinuxConstants } from "../../../ffi/mod.ts";
import { SimDirectory, type SimNode, SimSpecial } from "./nodes.ts";

/** Where a path leads. */
export interface WalkEnd {
  /** The directory that holds, or could hold, the last name. */
  readonly parent: SimDirectory;
  /** The last name; `""` if the path ends in a directory itself (`.`, `..`, `/`, or nothing). */
  readonly name: string;
  /** What is there. */
  readonly node: SimNode | undefined;
}

/** How to walk. */
export interface WalkHow {
  /** `RESOLVE_*` bits. */
  readonly resolve: number;
  /** Whether a link at the end is followed. */
  readonly followLast: boolean;
}

const NAME_LIMIT = 255;
const PATH_LIMIT = 4096;
const LINK_LIMIT = 40;

/**
 * Walks a path.
 *
 * @param root The root of the file system.
 * @param start Where a relative path starts.
 * @param path The path.
 * @param how What is allowed on the way.
 * @param constants Numbers of the `RESOLVE_*` bits.
 * @returns Where it leads, or the symbolic name of an error.
 */
export function walk(
  root: SimDirectory,
  start: SimDirectory,
  path: string,
  how: WalkHow,
  constants: LinuxConstants,
): WalkEnd | string {
  if (path.includes("\0")) return "EINVAL";
  if (isLonger(path, PATH_LIMIT - 1)) return "ENAMETOOLONG";
  return new Walker(root, start, how, constants).walk(path);
}

class Walker {
  readonly #root: SimDirectory;
  readonly #start: SimDirectory;
  readonly #followLast: boolean;
  readonly #beneath: boolean;
  readonly #links: boolean;
  #linkCount = 0;

  constructor(
    root: SimDirectory,
    start: SimDirectory,
    how: WalkHow,
    constants: LinuxConstants,
  ) {
    this.#root = root;
    this.#start = start;
    this.#followLast = how.followLast;
    this.#beneath = (how.resolve & constants.RESOLVE_BENEATH) !== 0;
    this.#links = (how.resolve & constants.RESOLVE_NO_SYMLINKS) === 0;
  }

  walk(path: string): WalkEnd | string {
    const first = this.#base(this.#start, path);
    if (first === undefined) return "EXDEV";
    let directory = first;
    let end: WalkEnd = itself(directory);
    const names = namesOf(path);
    const mustBeDirectory = path.endsWith("/");

    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const next = this.#step(directory, name);
      if (typeof next === "string") return next;
      const last = names.length === 0 && !mustBeDirectory;

      if (next.node instanceof SimSpecial && next.node.kind === "link") {
        if (last && !this.#followLast) return next;
        if (!this.#links || ++this.#linkCount > LINK_LIMIT) return "ELOOP";
        const base = this.#base(directory, next.node.target);
        if (base === undefined) return "EXDEV";
        directory = base;
        end = itself(directory);
        names.unshift(...namesOf(next.node.target));
        continue;
      }
      if (names.length > 0 && next.node === undefined) return "ENOENT";
      if (!last && next.node !== undefined && !(next.node instanceof SimDirectory)) {
        return "ENOTDIR";
      }
      if (next.node instanceof SimDirectory) directory = next.node;
      end = next;
    }
    return end;
  }

  /** Where a path starts; `undefined` if it may not start there. */
  #base(directory: SimDirectory, path: string): SimDirectory | undefined {
    if (!path.startsWith("/")) return directory;
    return this.#beneath ? undefined : this.#root;
  }

  #step(directory: SimDirectory, name: string): WalkEnd | string {
    if (name === ".") return itself(directory);
    if (name === "..") {
      if (this.#beneath && directory === this.#start) return "EXDEV";
      return itself(directory.parent);
    }
    if (isLonger(name, NAME_LIMIT)) return "ENAMETOOLONG";
    return { parent: directory, name, node: directory.entries.get(name) };
  }
}

/**
 * Whether a text has more than `limit` bytes; a unit has three at most, so short ones need no
 * encoding.
 */
function isLonger(text: string, limit: number): boolean {
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}

function itself(directory: SimDirectory): WalkEnd {
  return { parent: directory.parent, name: "", node: directory };
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

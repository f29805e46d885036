/**
 * Checks the directories that hold the segments instead of `commitlog/`.
 *
 * @module
 */
import { basename, relative, resolve } from "node:path";
import { check, quotePath } from "../../ffi/mod.ts";
import { argumentError, foreignFormat } from "../errors.ts";
import type { StoreDirectory } from "./store_directory.ts";
import {
  FOREIGN_FOLDERS,
  isSegmentName,
  LOG_FOLDER,
  META_FILE,
  OWN_FOLDER,
  QUEUE_EXTENSION_FOLDER,
  ROOT_NAMES,
  STORE_SIGNS,
} from "../layout/mod.ts";

/** Names in the root of a store that have a meaning to RocketMQ or to Streambed. */
const KEPT_NAMES = [...ROOT_NAMES, QUEUE_EXTENSION_FOLDER, ...FOREIGN_FOLDERS];

const KEPT = ", which a store keeps for other things";

/**
 * Refuses log directories by their names alone, before anything is made.
 *
 * @throws {TypeError} If one is kept for something else, lies in another one, or is named twice.
 */
export function refuseLogPlaces(root: string, names: readonly string[]): void {
  const paths = names.map((name) => resolve(root, name));
  for (const [index, path] of paths.entries()) {
    const below = relative(resolve(root), path);
    const isKept = below === "" || KEPT_NAMES.includes(below.split("/")[0]);
    if (isKept || basename(path) === OWN_FOLDER) {
      throw refusal(path, KEPT);
    }
    for (const other of paths.slice(0, index)) {
      if (other === path) throw refusal(path, " twice");
      if (isIn(path, other)) throw refusal(path, `, which lies in ${quotePath(other)}`);
      if (isIn(other, path)) throw refusal(other, `, which lies in ${quotePath(path)}`);
    }
  }
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function refusal(path: string, fault: string): Error {
  return argumentError(
    "ERR_INVALID_ARG_VALUE",
    `Cannot open store: logDirectories names ${quotePath(path)}${fault}; ` +
      "name each directory once, none of them in another or in the store's own folders",
  );
}

/**
 * Refuses open log directories that are the same through links, or another store's root, and a
 * `commitlog` that has segments but is not named.
 *
 * @throws {TypeError} If one is kept for something else, or is named twice.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If `commitlog` has segments and is not named.
 */
export function refuseOtherLog(root: StoreDirectory, homes: readonly StoreDirectory[]): void {
  const idOf = ({ libc, descriptor, path }: StoreDirectory, name: string) => {
    const status = check(libc.statx(descriptor, name), "look at", path);
    return `${status.device} ${status.inodeHigh} ${status.inodeLow}`;
  };
  const ids = homes.map((home) => idOf(home, "."));
  const kept = [".", ...KEPT_NAMES].filter((name) => root.status(name) !== undefined)
    .map((name) => idOf(root, name));
  for (const [index, home] of homes.entries()) {
    if (ids.indexOf(ids[index]) !== index) throw refusal(home.path, " twice");
    if (kept.includes(ids[index]) || home.status(META_FILE) !== undefined) {
      throw refusal(home.path, KEPT);
    }
  }
  const isNamed = root.status(LOG_FOLDER) === undefined || ids.includes(idOf(root, LOG_FOLDER));
  if (isNamed || !hasSegments(root)) return;
  throw foreignFormat(
    LOG_FOLDER,
    "a folder with segments that logDirectories does not name",
    "name it too, or move it away",
  );
}

/**
 * Whether the root belongs to a store whose log directories were made: one that is missing was lost
 * or is not mounted.
 */
export function hadLogDirectories(root: StoreDirectory): boolean {
  return STORE_SIGNS.some((name) => root.status(name) !== undefined) || hasSegments(root);
}

function hasSegments(root: StoreDirectory): boolean {
  return root.list(LOG_FOLDER)?.some(({ name }) => isSegmentName(name)) ?? false;
}

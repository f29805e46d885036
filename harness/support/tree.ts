/**
 * A whole directory as one value, to see that nothing in it was changed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  type Dirent,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";

/**
 * Lists all that is below a directory, with the content and the times of every file.
 *
 * @param root The directory.
 * @returns One line for each name, sorted: path, length, times of change, SHA-256.
 */
export function treeOf(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.map((entry) => describe(root, entry)).sort();
}

/**
 * Lists the files of a directory with their content alone.
 *
 * @param root The directory.
 * @param skip Tells by path which files do not matter; none when left out.
 * @returns One line for each file, sorted: path and SHA-256.
 */
export function contentOf(root: string, skip: (path: string) => boolean = () => false): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !skip(path))
    .map((path) => `${path} ${sha256(readFileSync(join(root, path)))}`)
    .sort();
}

/**
 * Copies a directory with all that is below it. Asks for nothing above the two, which `cpSync()` of
 * Deno does.
 *
 * @param from The directory.
 * @param to Where the copy goes; made where it is not there.
 */
export function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else copyFileSync(source, target);
  }
}

function describe(root: string, entry: Dirent): string {
  const path = join(entry.parentPath, entry.name);
  const name = relative(root, path);
  if (entry.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`;
  const { mtimeMs, ctimeMs, size } = statSync(path);
  const content = entry.isFile() ? sha256(readFileSync(path)) : "";
  return `${name} ${size} ${mtimeMs} ${ctimeMs} ${content}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

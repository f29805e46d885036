/**
 * What `deno pack` makes of the source: JavaScript, declarations, and a first package.json.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { readTar } from "../../harness/support/tar.ts";

/** Every archive of npm has its files in a folder of this name. */
export const ARCHIVE_FOLDER = "package/";

/** Files of a package by their path in it. */
export type PackageFiles = Map<string, Uint8Array>;

/**
 * Runs `deno pack`.
 *
 * @param root Root of the project. It may have changes that are not committed: who publishes looks
 * at that.
 * @returns The files.
 * @throws {Error} If it fails, with all that it said.
 */
export async function packedFiles(root: string): Promise<PackageFiles> {
  const directory = await mkdtemp(join(tmpdir(), "streambed-pack-"));
  try {
    const archive = join(directory, "packed.tgz");
    await runPack(root, archive);
    return readPackage(await readFile(archive));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * Reads the archive of a package.
 *
 * @param archive Bytes of a .tgz file.
 * @returns Its files, without the folder that all are in.
 */
export function readPackage(archive: Uint8Array): PackageFiles {
  const files: PackageFiles = new Map();
  for (const { path, kind, body } of readTar(gunzipSync(archive))) {
    if (kind === "file") files.set(path.slice(ARCHIVE_FOLDER.length), body);
  }
  return files;
}

async function runPack(root: string, archive: string): Promise<void> {
  const args = ["pack", "--quiet", "--allow-dirty", "--output", archive];
  try {
    await promisify(execFile)(Deno.execPath(), args, {
      cwd: root,
      env: { ...Deno.env.toObject(), NO_COLOR: "1" },
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`Cannot pack ${root}:\n${withoutNotes(said)}`);
  }
}

/**
 * Modules that nobody reaches from outside need no declarations; `deno pack` names each of them.
 */
function withoutNotes(text: string): string {
  return text.split("\n").filter((line) => !line.startsWith("Could not generate types")).join("\n");
}

/**
 * Replaces a small file in one step: a power cut leaves the old one or the new one.
 *
 * RocketMQ rewrites its configuration in place or deletes the old file first, and may lose it.
 *
 * @module
 */
import { check, Errno, errnoOf, quotePath, systemError } from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import {
  folderOf,
  refuseLongFile,
  type StoreDirectory,
  writeFailure,
  writeFully,
} from "../directory/mod.ts";
import type { Random } from "../environment.ts";
import { BACKUP_SUFFIX, OWN_FOLDER, TEMPORARY_PREFIX } from "../layout/mod.ts";

/** Options of {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** For the name of the temporary file. */
  readonly random: Random;
  /** Keep the old file as `.bak`; `true` when left out. */
  readonly backup?: boolean;
}

const NAME_BYTE_LENGTH = 8;
const DIGITS = /^[0-9a-f]{16}$/;

/**
 * Replaces a file, or makes it with its folder; the new one is durable when this settles.
 *
 * @throws {StoreError<"LIMIT_TOO_LOW">} If the process may not make so long a file.
 * @throws {StoreError<"DISK_FULL">} If there is no room.
 * @throws {StoreError<"SYSTEM">} If it fails otherwise; the old file or its backup is there.
 */
export async function replaceFile(
  directory: StoreDirectory,
  path: string,
  bytes: Uint8Array,
  options: ReplaceFileOptions,
): Promise<void> {
  refuseLongFile(directory.libc, bytes.length, `write ${quotePath(path)}`);
  try {
    await replace(directory, path, bytes, options);
  } catch (error) {
    if (!StoreError.is(error, "SYSTEM")) throw error;
    // The temporary file's random name would say nothing.
    throw writeFailure(errnoOf(error), { action: "replace file", path, byteLength: bytes.length });
  }
}

async function replace(
  directory: StoreDirectory,
  path: string,
  bytes: Uint8Array,
  options: ReplaceFileOptions,
): Promise<void> {
  const folder = folderOf(path);
  directory.ensureFolder(OWN_FOLDER);
  if (folder !== ".") directory.ensureFolder(folder);
  const temporary = await writeTemporary(directory, bytes, options.random);
  try {
    // Without a backup the new name takes the old file's place in one step.
    if (options.backup !== false && directory.status(path) !== undefined) {
      directory.rename(path, `${path}${BACKUP_SUFFIX}`);
    }
    directory.rename(temporary, path);
  } catch (error) {
    directory.remove(temporary);
    throw error;
  }
  await directory.syncFolderAsync(folder);
  await directory.syncFolderAsync(OWN_FOLDER);
}

/**
 * Removes temporary files of a crashed writer, and tells how many. Only for a writer, before it
 * writes.
 */
export function removeTemporaries(directory: StoreDirectory): number {
  let count = 0;
  for (const { name } of directory.list(OWN_FOLDER) ?? []) {
    const isTemporary = name.startsWith(TEMPORARY_PREFIX) &&
      DIGITS.test(name.slice(TEMPORARY_PREFIX.length));
    if (isTemporary && directory.remove(`${OWN_FOLDER}/${name}`)) count++;
  }
  return count;
}

async function writeTemporary(
  directory: StoreDirectory,
  bytes: Uint8Array,
  random: Random,
): Promise<string> {
  const digits = [...random.bytes(NAME_BYTE_LENGTH)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const path = `${OWN_FOLDER}/${TEMPORARY_PREFIX}${digits}`;
  const opened = directory.openFile(path, { write: true, create: "new" });
  if (opened === undefined) {
    throw systemError(new Errno("ENOENT", 0, "openat2"), "make file", path);
  }
  const { libc } = directory;
  try {
    check(writeFully(libc, opened.descriptor, bytes, 0), "write file", path);
    check(await libc.fsyncAsync(opened.descriptor), "write file", path);
    return path;
  } catch (error) {
    directory.remove(path);
    throw error;
  } finally {
    libc.close(opened.descriptor);
  }
}

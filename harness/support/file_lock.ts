/**
 * One at a time, across test files that run in parallel and across processes.
 *
 * The kernel holds the lock and drops it when its holder dies, so there is no stale lock to clean
 * up.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Runs `body` while nobody else runs under the same path.
 *
 * @param path A file that exists for this purpose; it is created when missing and stays.
 * @param body What to run.
 * @returns What `body` returns.
 */
export async function withFileLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  using file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  try {
    return await body();
  } finally {
    await file.unlock();
  }
}

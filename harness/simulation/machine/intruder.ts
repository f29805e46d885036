/**
 * What others do to a directory behind the back of its processes: links, FIFOs, damage.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pageParts, SimDirectory, SimSpecial } from "./nodes.ts";
import type { SimKernel } from "./sim_kernel.ts";

/**
 * Puts a link or a FIFO into a directory, durably.
 *
 * @param kernel The machine.
 * @param directory Absolute path of the directory.
 * @param name Name of the new thing.
 * @param kind What it is.
 * @param target Where a link leads.
 */
export function plant(
  kernel: SimKernel,
  directory: string,
  name: string,
  kind: "link" | "fifo",
  target = "",
): void {
  const parent = kernel.lookUp(directory);
  assert.ok(parent instanceof SimDirectory, `Cannot find directory ${directory}`);
  const node = new SimSpecial(kernel.nextNodeNumber(), kind, target);
  kernel.rename([{ directory: parent, name, node }]);
  kernel.journal.synced(parent, kernel.journal.lastNumber);
}

/**
 * Changes bytes of a file on the disk and in memory, as a failing disk does before the file is
 * read. No watcher is told, nothing becomes dirty.
 *
 * @param kernel The machine.
 * @param path Absolute path of the file.
 * @param position First byte.
 * @param bytes What is there from now on.
 */
export function damage(
  kernel: SimKernel,
  path: string,
  position: number,
  bytes: Uint8Array,
): void {
  const file = kernel.file(path);
  for (const part of pageParts(position, bytes.length)) {
    const piece = bytes.slice(part.at, part.at + part.byteLength);
    file.page(part.page).corrupt(part.offset, piece);
  }
}

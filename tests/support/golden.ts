/**
 * The golden stores of `tests/golden/`: directories that Apache RocketMQ wrote, and what it reads
 * back from them. {@linkcode expectedMessages} has the answers a correct reader gives.
 *
 * @module
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expectedMessages } from "../../harness/support/golden_expected.ts";
import type { Manifest } from "../../harness/support/golden_manifest.ts";
import { extractTar } from "../../harness/support/tar.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

export { expectedMessages } from "../../harness/support/golden_expected.ts";
export { goldenGeometry } from "../../harness/support/golden_manifest.ts";

const DIRECTORY = fileURLToPath(new URL("../golden/", import.meta.url));
const MANIFEST = /^(.+)\.json\.gz$/;

/** An extracted golden store; leaving the scope of `await using` removes it. */
export interface GoldenStore extends AsyncDisposable {
  /** The store root: a private copy, which a test may open, write to and damage. */
  readonly root: string;
  /** What is known about it. */
  readonly manifest: Manifest;
}

/** The names of all golden stores with their versions (`basic-5.3.3`), sorted. */
export function goldenNames(): string[] {
  return readdirSync(DIRECTORY)
    .map((file) => MANIFEST.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/**
 * Reads what is known about a golden store.
 *
 * @param name One of {@linkcode goldenNames}.
 * @returns The manifest.
 */
export async function readManifest(name: string): Promise<Manifest> {
  const bytes = gunzipSync(await readFile(join(DIRECTORY, `${name}.json.gz`)));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * Unpacks a golden store.
 *
 * @param name One of {@linkcode goldenNames}.
 * @param directory Where to; it must exist, and must not hold a store of this name.
 * @returns The store root, a directory inside `directory`.
 */
export async function extractGolden(name: string, directory: string): Promise<string> {
  await extractTar(gunzipSync(await readFile(join(DIRECTORY, `${name}.tar.gz`))), directory);
  return join(directory, name);
}

/**
 * Unpacks a golden store into a directory of its own.
 *
 * @param name One of {@linkcode goldenNames}.
 * @returns The store and its manifest.
 */
export async function openGolden(name: string): Promise<GoldenStore> {
  const directory = await temporaryDirectory(`streambed-golden-${name}-`);
  try {
    const [manifest, root] = await Promise.all([
      readManifest(name),
      extractGolden(name, directory.path),
    ]);
    return { root, manifest, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Says that all delayed messages of a golden store were delivered, as a broker does: else a writer
 * delivers those that no broker has.
 *
 * @param golden An extracted store.
 */
export function settleDelays({ root, manifest }: Pick<GoldenStore, "root" | "manifest">): void {
  const levels = expectedMessages(manifest).queues
    .filter(({ topic }) => topic === "SCHEDULE_TOPIC_XXXX")
    .map(({ queueId, latest }) => `${queueId + 1}:${latest}`);
  mkdirSync(join(root, "config"), { recursive: true, mode: 0o700 });
  const file = join(root, "config/delayOffset.json");
  writeFileSync(file, `{"offsetTable":{${levels}}}`, { mode: 0o600 });
}

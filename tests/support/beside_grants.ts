/**
 * What a test does beside the store, and what Deno permits nobody who was not given every grant:
 * links, and a look at its own process in `/proc`. A program does it then.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { pid } from "node:process";
import { hasEveryGrant } from "../../harness/support/runtime.ts";

const OUTPUT = { encoding: "utf8", maxBuffer: 2 ** 26 } as const;

/**
 * Makes a symbolic link.
 *
 * @param target Where it leads.
 * @param path The link.
 */
export function makeLink(target: string, path: string): void {
  if (hasEveryGrant()) symlinkSync(target, path);
  else execFileSync("ln", ["-s", target, path]);
}

/**
 * Reads what the kernel tells about this process.
 *
 * @param name Name of the file, for example `"maps"`.
 * @returns Its text.
 */
export function readProcess(name: string): string {
  return readSystem(`${pid}/${name}`);
}

/**
 * Reads what the kernel tells.
 *
 * @param path Path below `/proc`.
 * @returns Its text.
 */
export function readSystem(path: string): string {
  const absolute = `/proc/${path}`;
  return hasEveryGrant() ? readFileSync(absolute, "utf8") : execFileSync("cat", [absolute], OUTPUT);
}

/**
 * Lists the open descriptors of this process. Other tests open and close theirs at the same time.
 *
 * @returns What each leads to, by its number.
 */
export function openDescriptors(): Map<string, string> {
  if (!hasEveryGrant()) {
    // It complains of what was closed while it looked, and lists the others.
    const { stdout } = spawnSync("ls", ["-l", `/proc/${pid}/fd`], OUTPUT);
    return new Map(Array.from(stdout.matchAll(/ (\d+) -> (.*)$/gm), ([, name, to]) => [name, to]));
  }
  const found = new Map<string, string>();
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      found.set(name, readlinkSync(`/proc/self/fd/${name}`));
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT") throw error;
    }
  }
  return found;
}

/**
 * What a process needs while it runs, as the kernel tells others: its processor time, its page
 * faults, its memory outside of mappings of files, the pages that it makes dirty.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { type Needs, needsOf } from "./meter.ts";

/** How often it is looked at. A process that ends sooner is not seen. */
const LOOK_MS = 25;
const KIBIBYTE = 1024;

/**
 * Looks at a process until it ends. Where it is a script that starts programs which are asked for,
 * the one that it has started last is looked at.
 */
export class ProcessWatch {
  /** What it has needed; undefined if it was never seen. */
  needs: Needs | undefined;
  /** The most memory that it had outside of mappings of files, bytes. */
  memoryByteLength: number = 0;
  readonly #processId: number;
  readonly #programs: readonly string[] | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  /** Starts to look: at the process itself, unless programs are named that it starts. */
  constructor(processId: number, programs?: readonly string[]) {
    this.#processId = processId;
    this.#programs = programs;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    try {
      const leaf = this.#programs === undefined ? this.#processId : leafOf(this.#processId);
      if (this.#programs?.includes(nameOf(leaf)) === false) return;
      this.needs = needsOf(leaf);
      this.memoryByteLength = Math.max(this.memoryByteLength, memoryOf(leaf));
    } catch (error) {
      // It ended while it was looked at, or belongs to nobody any more.
      if (!["ENOENT", "ESRCH", "EACCES"].includes((error as { code?: string }).code ?? "")) {
        throw error;
      }
    }
  }
}

function leafOf(processId: number): number {
  const children = readFileSync(`/proc/${processId}/task/${processId}/children`, "utf8");
  const last = children.trim().split(" ").at(-1);
  return last === undefined || last === "" ? processId : leafOf(Number(last));
}

function nameOf(processId: number): string {
  return readFileSync(`/proc/${processId}/comm`, "utf8").trimEnd();
}

function memoryOf(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIBIBYTE;
}

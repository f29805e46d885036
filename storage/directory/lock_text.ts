/**
 * What stands in `lock`: RocketMQ's four bytes, and a line that says who holds the lock.
 *
 * | bytes    | what                                                             |
 * | -------- | ---------------------------------------------------------------- |
 * | 0 to 4   | `lock`, as RocketMQ's `DefaultMessageStore.start()` writes it     |
 * | 4        | a line feed                                                      |
 * | 5 to 255 | a JSON object: `processId`, `started`, `since`, `runtime`; spaces |
 * | 255      | a line feed                                                      |
 *
 * A Java store writes over the first four bytes and reads nothing. When the lock is given back, the
 * four bytes are what stays.
 *
 * @module
 */
import { failed, type Libc } from "../../ffi/mod.ts";

/** RocketMQ's own content. */
export const LOCK_WORD: Uint8Array = new TextEncoder().encode("lock");
export const LOCK_BYTE_LENGTH = 256;
/** The last moment of a `Date`, ms since epoch. */
const LAST_MOMENT_MS = 8.64e15;
/** A runtime's name and version: printable and short. */
const RUNTIME = /^[\x20-\x7e]{1,64}$/;

/** The holder of the lock, in its own words; `since` is in ms since epoch. */
export interface LockHolderInfo {
  readonly processId: number;
  readonly since: number;
  readonly runtime: string;
}

/**
 * The whole file as this process writes it; `undefined` if the system does not tell when the
 * process started, so that its number could be another process's later.
 */
export function lockText(libc: Libc, now: number): Uint8Array | undefined {
  const processId = libc.processId();
  const started = libc.processStart(processId);
  if (failed(started)) return undefined;
  const line = JSON.stringify({ processId, started, since: now, runtime: libc.runtime });
  return new TextEncoder().encode(`lock\n${line}`.padEnd(LOCK_BYTE_LENGTH - 1) + "\n");
}

/**
 * The holder that the file names; `undefined` if its process is gone, or belongs to another machine
 * or container.
 */
export function parseLockText(libc: Libc, bytes: Uint8Array): LockHolderInfo | undefined {
  const [, line = ""] = new TextDecoder().decode(bytes).split("\n");
  const { processId, started, since, runtime } = parseObject(line);
  if (typeof processId !== "number" || !Number.isSafeInteger(processId)) return undefined;
  if (!isMoment(since) || !isRuntime(runtime)) return undefined;
  const isAlive = typeof started === "string" && started !== "" &&
    libc.processStart(processId) === started;
  return isAlive ? { processId, since, runtime } : undefined;
}

function isMoment(since: unknown): since is number {
  return Number.isSafeInteger(since) && Number(since) >= 0 && Number(since) <= LAST_MOMENT_MS;
}

/** A terminal obeys escape sequences in what is printed. */
function isRuntime(runtime: unknown): runtime is string {
  return typeof runtime === "string" && RUNTIME.test(runtime);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    // A Java store's file, or one that is half written.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

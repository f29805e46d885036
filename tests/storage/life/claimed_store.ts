/**
 * Stores whose groups are read in several processes, for tests.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ClaimRequest,
  type HeldClaim,
  innerPortOf,
  openStore,
  type OpenStoreOptions,
  type Store,
} from "../../../storage/mod.ts";

/** Progress is written and looked at by time, and soon. */
export const SMALL: OpenStoreOptions = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
  tuning: { groupIntervalMs: 20 },
};
/** Nothing is written or looked at by time. */
export const SLOW: OpenStoreOptions = { ...SMALL, tuning: { groupIntervalMs: 600_000 } };
/** The queue that is read, and by which group. */
export const CLAIM: ClaimRequest = { group: "g", topic: "T", queueId: 0 };
/** Where the files of claims are. */
export const FOLDER = "streambed/groups";

const OFFSETS = "config/consumerOffset.json";

/** Opens a store as another process than its writer does. */
export function reading(path: string, options: OpenStoreOptions = SMALL): Promise<Store> {
  return openStore(path, { ...options, readOnly: true });
}

/** Claims the queue for the group. */
export function claim(store: Store): HeldClaim {
  return innerPortOf(store).claim(CLAIM);
}

/** How far the groups are. */
export function progress(store: Store): number[] {
  return store.groups().map(({ offset }) => offset);
}

/** What the store's file of progress says of the group; `""` if nothing. */
export function told(path: string): string {
  const file = join(path, OFFSETS);
  if (!existsSync(file)) return "";
  return /"T@g":\{\s*0:(\d+)/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Makes a store with 50 messages in the queue. */
export async function filled(path: string): Promise<void> {
  await using store = await openStore(path, SMALL);
  await store.appendAll(Array.from({ length: 50 }, () => ({ topic: "T", body: "x" })));
}

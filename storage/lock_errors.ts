/**
 * The error of a store that has another writer, and who that is.
 *
 * @module
 */
import { type StoreError, storeError } from "../errors.ts";
import { quotePath } from "../ffi/mod.ts";

const UTC = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "short",
  timeStyle: "medium",
  timeZone: "UTC",
});

/** What is known of a writer that holds a store's lock. */
export interface LockedBy {
  /** This copy of the library, another part of its process, or another process. */
  readonly where: "program" | "process" | "elsewhere";
  readonly processId?: number | undefined;
  /** Whether the lock is the kind that a RocketMQ broker takes. */
  readonly isBroker?: boolean;
  /** When it took the lock, ms since epoch. */
  readonly since?: number;
  /** Its runtime and version. */
  readonly runtime?: string;
}

/** Another writer holds the lock. Trying again helps, unless this program holds it itself. */
export function storeLocked(path: string, holder: LockedBy): StoreError<"LOCKED"> {
  const { where, processId } = holder;
  const state = `${holderName(holder)} holds its lock${where === "program" ? " itself" : ""}`;
  const message = `Cannot open store ${quotePath(path)}: ${state}`;
  const details = { path, processId, remedy: REMEDIES[where], retryable: where !== "program" };
  return storeError("LOCKED", holder.isBroker ? "broker" : "writer", message, details);
}

const REMEDIES: Readonly<Record<LockedBy["where"], string>> = {
  program: "close the store that it has open first",
  process: "close the store there, end that Worker, or restart the process",
  elsewhere: "close that writer first, or open with readOnly",
};

/** Names a holder in words that a sentence can begin with; `unknown` if nothing is known. */
export function holderName(
  { where, processId, since, runtime }: LockedBy,
  unknown = "another writer",
): string {
  const time = since === undefined ? undefined : `since ${UTC.format(since)} UTC`;
  const known = [runtime, time].filter((text) => text !== undefined).join(", ");
  const details = known === "" ? "" : ` (${known})`;
  if (where === "program") return `this program${details}`;
  if (where === "process") {
    return `another part of this process ${processId}${details}: a Worker, another copy of ` +
      "Streambed, or an earlier run of this program (bun --hot, a test file in the same process),";
  }
  return processId === undefined ? unknown : `process ${processId}${details}`;
}

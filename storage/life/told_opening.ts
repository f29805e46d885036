/**
 * What is told of an opening, once it has succeeded.
 *
 * @module
 */
import type { Environment } from "../environment.ts";
import type { StoreFiles } from "./store_files.ts";

/** When an opening began, monotonic ms; `undefined` if none listens. */
export function startOfOpening({ events, clock }: Environment): number | undefined {
  return events.isHeard("streambed:open") ? clock.monotonic() : undefined;
}

/** Tells that the store is open, what was noticed meanwhile, and from now on what is noticed. */
export function tellOpened(
  { environment, events, notes }: Pick<StoreFiles, "environment" | "events" | "notes">,
  startedAt: number | undefined,
): void {
  if (startedAt !== undefined) {
    const elapsedMs = environment.clock.monotonic() - startedAt;
    events.tell("streambed:open", () => ({ elapsedMs }));
  }
  notes.handTo((note) => events.tell("streambed:note", () => ({ note })));
}

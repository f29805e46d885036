/**
 * What became of making files durable that can be made anew.
 *
 * @module
 */
import type { Errno } from "../../ffi/mod.ts";

/** What became of a sync. */
export type SyncResult =
  /** Everything that was written before is durable. */
  | { readonly state: "synced" }
  /**
   * The file was unlinked, replaced or changed in length behind the store's back: what it held is
   * to be made anew.
   */
  | { readonly state: "lost"; readonly path: string }
  /** The disk did not take it. */
  | { readonly state: "failed"; readonly path: string; readonly failure: Errno };

/** The only good result. */
export const SYNCED: SyncResult = Object.freeze({ state: "synced" });

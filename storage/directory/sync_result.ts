/**
 * The result of syncing files that can be made anew.
 *
 * @module
 */
import type { Errno } from "../../ffi/mod.ts";

/**
 * `synced`: everything written before is durable. `lost`: another program unlinked, replaced or
 * resized the file, so it is to be made anew. `failed`: the disk did not take it.
 */
export type SyncResult =
  | { readonly state: "synced" }
  | { readonly state: "lost"; readonly path: string }
  | { readonly state: "failed"; readonly path: string; readonly failure: Errno };

/** The only good result. */
export const SYNCED: SyncResult = Object.freeze({ state: "synced" });

/**
 * Changing `streambed/meta` of an open store.
 *
 * @module
 */
import { failed, systemError } from "../../ffi/mod.ts";
import type { MetaFile } from "../directory/mod.ts";
import { durabilityLost } from "../errors.ts";
import { META_FILE, type StreambedMeta } from "../layout/mod.ts";
import type { Failure } from "../log/mod.ts";

/** The file, and the store's first failure. */
export interface MetaParts {
  /** `streambed/meta`. */
  readonly meta: MetaFile;
  /** The store's first failure. */
  readonly failure: Failure;
}

/**
 * Changes `streambed/meta`. A slot that could not be synced must not be followed by one over the only good slot: the store stops
 * writing.
 *
 * @throws {StoreError<"DURABILITY_LOST">} If it cannot be made durable.
 */
export async function writeMeta(
  { meta, failure }: MetaParts,
  change: Partial<StreambedMeta>,
): Promise<void> {
  const written = await meta.write(change);
  if (!failed(written)) return;
  const cause = systemError(written, "write", META_FILE);
  const lost = durabilityLost("sync-failed", META_FILE, { cause });
  failure.fail(lost);
  throw lost;
}

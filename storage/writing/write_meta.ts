/**
 * Changing `streambed/meta` of an open store.
 *
 * @module
 */
import { failed, SystemError } from "../../ffi/mod.ts";
import type { MetaFile } from "../directory/mod.ts";
import { DurabilityError } from "../errors.ts";
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
 * @throws {DurabilityError} If it cannot be made durable.
 */
export async function writeMeta(
  { meta, failure }: MetaParts,
  change: Partial<StreambedMeta>,
): Promise<void> {
  const written = await meta.write(change);
  if (!failed(written)) return;
  const cause = new SystemError(written, "write", META_FILE);
  const lost = new DurabilityError("sync-failed", META_FILE, { cause });
  failure.fail(lost);
  throw lost;
}

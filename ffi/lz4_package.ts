/**
 * The part of the npm package `lz4-napi` that is used: no runtime has LZ4 built in. An optional
 * peer, imported when it is needed and there.
 *
 * @module
 */
import { bufferOver } from "./built_ins.ts";
import { importUnseen } from "./import_unseen.ts";

/** Decompresses one LZ4 frame, or throws. */
export type DecompressFrame = (frame: Uint8Array) => Uint8Array;

interface Package {
  decompressFrameSync(frame: Uint8Array): Uint8Array;
}

const INSTALL = "install the package lz4-napi";

/**
 * Imports the package; without it, tells what to do to have it.
 *
 * @param missing Flags without which the runtime would ask for permissions, or refuse: the import
 * is not tried then.
 */
export async function importLz4(missing: string | undefined): Promise<DecompressFrame | string> {
  if (missing !== undefined) return `${INSTALL} and start with ${missing}`;
  try {
    const found = await importUnseen("lz4-napi") as { readonly default?: Partial<Package> };
    const { decompressFrameSync } = found.default ?? found as Partial<Package>;
    return typeof decompressFrameSync === "function"
      ? (frame) => decompressFrameSync(bufferOver(frame))
      : "the package lz4-napi is too old, install lz4-napi@2";
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    // The second is what bundlers throw.
    if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return INSTALL;
    return `the package lz4-napi cannot be loaded (${message}), install it again`;
  }
}

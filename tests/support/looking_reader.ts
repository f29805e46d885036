/**
 * A reader that looks at the log when a test tells it to, and not when time has passed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Libc, loadLibc } from "../../ffi/mod.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../storage/mod.ts";

/** The reader, and its look. */
export interface LookingReader {
  /** Open for reading; whoever made it closes it. */
  readonly reader: Store;
  /** Looks once; resolves when it has looked. */
  readonly look: () => Promise<void>;
}

/**
 * Opens a reader.
 *
 * @param path Path of the store's directory.
 * @param options Options of the opening, beside `readOnly`.
 * @param libc What it calls; that of the system if left out.
 * @returns The reader.
 */
export async function openLookingReader(
  path: string,
  options: OpenStoreOptions,
  libc?: Libc,
): Promise<LookingReader> {
  const real = systemEnvironment(libc ?? await loadLibc());
  const looks: (() => void)[] = [];
  const after = (_: number, callback: () => void) => {
    looks.push(callback);
    return { cancel: () => void looks.splice(0) };
  };
  const environment = { ...real, timers: { ...real.timers, after } };
  const reader = await openStoreIn(environment, path, { ...options, readOnly: true });
  const look = async () => {
    assert.ok(looks.length > 0, "It does not look");
    for (const next of looks.splice(0)) next();
    while (looks.length === 0) await new Promise((done) => setTimeout(done, 1));
  };
  return { reader, look };
}

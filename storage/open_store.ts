/**
 * Opening a store.
 *
 * @module
 */
import { resolve } from "node:path";
import { failed, guardedLibc, loadLibc, loadLz4, systemError } from "../ffi/mod.ts";
import { checkCall, OPEN_STORE_DOOR, resolveOptions } from "./arguments/mod.ts";
import { loadPermitted } from "./directory/mod.ts";
import { type Environment, systemEnvironment } from "./environment.ts";
import { guardUnavailable } from "./errors.ts";
import { provideLz4 } from "./layout/mod.ts";
import {
  LogFollower,
  type OpenedWriter,
  openReader,
  openWriter,
  ReaderGroups,
  startOfOpening,
  StoreWriter,
  tellOpened,
} from "./life/mod.ts";
import { Notifier } from "./log/mod.ts";
import type { OpenStoreOptions } from "./options.ts";
import { makeStore, pathOf } from "./store.ts";
import type { Store } from "./types.ts";

/**
 * Opens a store, making it where there is none.
 *
 * One that is opened to be written has delivered then the delayed messages that were due, durably;
 * where these are very many, the first ones, and a note says so. With `readOnly` nothing is
 * delivered.
 *
 * @example Usage
 * ```ts ignore
 * await using store = await openStore("./data");
 * const { offset } = await store.append({ topic: "orders", body: "one" });
 * ```
 *
 * @throws {TypeError} If there is no such option, or one has the wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {StoreError<"LOCKED">} If another writer has it.
 * @throws {StoreError<"CORRUPTED">} If it is damaged. The log stays as it was; what is derived from
 *   it may have been cut.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If others could change it.
 * @throws {StoreError<"PERMISSION_DENIED">} If the runtime's permissions forbid it.
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If this is not Linux on x86-64 or arm64.
 * @throws {StoreError<"GUARD_UNAVAILABLE">} If `guard: "sigbus"` is asked for and cannot be had.
 */
export async function openStore(path: string | URL, options?: OpenStoreOptions): Promise<Store> {
  checkCall(OPEN_STORE_DOOR, path, options);
  const access = { path: pathOf(path), write: options?.readOnly !== true };
  const libc = await loadPermitted(loadLibc, access);
  // Bodies are decompressed when they are asked for, which cannot wait.
  provideLz4(await loadLz4());
  return await openStoreIn(systemEnvironment(libc), path, options);
}

/** Opens a store in a given environment, such as a simulator's. */
export async function openStoreIn(
  environment: Environment,
  path: string | URL,
  options?: OpenStoreOptions,
): Promise<Store> {
  checkCall(OPEN_STORE_DOOR, path, options);
  const resolved = resolveOptions(options);
  resolved.signal?.throwIfAborted();
  const directory = pathOf(path);
  const world = resolved.guard === "sigbus" ? guarded(environment, directory) : environment;
  const changes = new Notifier(world.timers);
  const startedAt = startOfOpening(world);
  if (resolved.readOnly) {
    const opened = await openReader(world, directory, resolved);
    const follower = new LogFollower(opened, changes);
    tellOpened(opened.files, startedAt);
    return makeStore(opened.files, changes, {
      follower,
      reading: new ReaderGroups(opened.files),
    });
  }
  const opened = await openWriter(world, directory, resolved);
  const { store, writer } = await takeOver(opened, changes);
  // Who reads at once, to the end of what is there, must find what came due while none wrote.
  await writer.delayed.deliverOverdue(resolved.signal);
  tellOpened(opened.files, startedAt);
  if (resolved.signal?.aborted) await store.close();
  resolved.signal?.throwIfAborted();
  return store;
}

/** Makes a store of a directory that is ready to be written, or closes that. */
async function takeOver(
  opened: OpenedWriter,
  changes: Notifier,
): Promise<{ readonly store: Store; readonly writer: StoreWriter }> {
  try {
    const writer = new StoreWriter(opened, changes);
    return { store: makeStore(opened.files, changes, { writer }), writer };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function guarded(environment: Environment, path: string): Environment {
  const libc = guardedLibc(environment.libc);
  if (!failed(libc)) return { ...environment, libc };
  throw guardUnavailable(resolve(path), systemError(libc, "install SIGBUS guard"));
}

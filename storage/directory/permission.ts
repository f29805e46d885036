/**
 * Asks the runtime's permissions for a store.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Libc, LibraryDeniedError } from "../../ffi/mod.ts";
import { permissionDenied } from "../errors.ts";

/** What is to be read, and perhaps written. */
export interface IntendedAccess {
  readonly path: string;
  readonly write: boolean;
}

/**
 * Asks for everything at once, so that one error names all missing flags.
 *
 * @throws {StoreError<"PERMISSION_DENIED">} If something is not allowed.
 */
export function refuseUnpermitted(denied: Libc["denied"], access: IntendedAccess): void {
  const path = resolve(access.path);
  const remedies = missing(denied, access);
  if (remedies.length > 0) throw permissionDenied(path, remedies.join(" "));
}

/**
 * Loads the operating system for a store.
 *
 * @throws {StoreError<"PERMISSION_DENIED">} If it may not be loaded; names the store's flags too.
 */
export async function loadPermitted(
  load: () => Promise<Libc>,
  access: IntendedAccess,
): Promise<Libc> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof LibraryDeniedError)) throw error;
    const remedies = [error.remedy, ...missing(error.denied, access)];
    throw permissionDenied(resolve(access.path), remedies.join(" "), { cause: error });
  }
}

function missing(denied: Libc["denied"], { path, write }: IntendedAccess): string[] {
  const absolute = resolve(path);
  return [denied("read", absolute), write ? denied("write", absolute) : undefined]
    .flatMap((denial) => denial?.remedy ?? []);
}

/**
 * What is thrown where the runtime's permissions do not let anybody load libc.
 *
 * @module
 */
import type { PermissionDenial } from "./libc.ts";

/** Asks the runtime's permissions; see {@linkcode Libc.denied}. */
export type AskPermission = (
  access: "read" | "write",
  path: string,
) => PermissionDenial | undefined;

/** The runtime's permissions forbid to load libc. Start the program with the flags in `remedy`. */
export class LibraryDeniedError extends Error {
  /** Name of the class. */
  override readonly name = "LibraryDeniedError";
  /** The flags that would allow it, ready to paste. */
  readonly remedy: string;
  /** Asks for the permissions that are needed beside it, so that one message can name them all. */
  readonly denied: AskPermission;

  /**
   * Makes the error.
   *
   * @param remedy The flags that would allow it, ready to paste.
   * @param denied Asks for other permissions.
   * @param options What the runtime said, as `cause`.
   */
  constructor(remedy: string, denied: AskPermission, options?: ErrorOptions) {
    super(`Cannot load libc: not permitted; start with ${remedy}`, options);
    this.remedy = remedy;
    this.denied = denied;
  }
}

/**
 * What is thrown if the runtime's permissions forbid loading libc.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/** The runtime's permissions forbid to load libc. Start the program with the flags in `remedy`. */
export class LibraryDeniedError extends Error {
  override readonly name = "LibraryDeniedError";
  /** The flags that would allow it, ready to paste. */
  readonly remedy: string;
  /** Asks for the permissions that are needed beside it, so that one message can name them all. */
  readonly denied: Libc["denied"];

  constructor(remedy: string, denied: Libc["denied"], options?: ErrorOptions) {
    super(`Cannot load libc: not permitted; start with ${remedy}`, options);
    this.remedy = remedy;
    this.denied = denied;
  }
}

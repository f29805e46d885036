/**
 * A folder of the root that stays open: names in it are looked up without a path, and even when the
 * process has no descriptor left.
 *
 * @module
 */
import {
  type Descriptor,
  failed,
  type FileStatus,
  isSameFile,
  type Libc,
  type Outcome,
} from "../../ffi/mod.ts";
import { noSuchFolder } from "./paths.ts";

interface OpenRoot {
  readonly libc: Libc;
  readonly descriptor: Descriptor;
}

export class HeldFolder {
  readonly descriptor: Descriptor;
  /** Its status at the last look. */
  seen: FileStatus;
  readonly #root: OpenRoot;
  readonly #name: string;
  readonly #identity: FileStatus;
  #isClosed = false;

  constructor(
    root: OpenRoot,
    name: string,
    open: { readonly descriptor: Descriptor; readonly status: FileStatus },
  ) {
    this.#root = root;
    this.#name = name;
    this.descriptor = open.descriptor;
    this.#identity = open.status;
    this.seen = open.status;
  }

  /** Its status now; `ENOENT` if its name leads elsewhere or to nothing, or if it is closed. */
  look(): Outcome<FileStatus> {
    if (this.#isClosed) return noSuchFolder();
    const { libc, descriptor } = this.#root;
    const now = libc.statx(descriptor, this.#name);
    if (failed(now)) return now;
    if (!isSameFile(this.#identity, now)) return noSuchFolder();
    this.seen = now;
    return now;
  }

  close(): void {
    if (!this.#isClosed) this.#root.libc.close(this.descriptor);
    this.#isClosed = true;
  }
}

/**
 * A folder of the root that stays open, so that names in it are looked up without a path, and
 * without a further descriptor when there is none left.
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

/** An open root. */
interface OpenRoot {
  readonly libc: Libc;
  readonly descriptor: Descriptor;
}

/** An open folder of the root. */
export class HeldFolder {
  /** The folder. */
  readonly descriptor: Descriptor;
  readonly #root: OpenRoot;
  readonly #name: string;
  readonly #identity: FileStatus;
  #isClosed = false;
  #seen: FileStatus;

  /** Takes over an open folder. */
  constructor(
    root: OpenRoot,
    name: string,
    open: { readonly descriptor: Descriptor; readonly status: FileStatus },
  ) {
    this.#root = root;
    this.#name = name;
    this.descriptor = open.descriptor;
    this.#identity = open.status;
    this.#seen = open.status;
  }

  /** What it was at the last look. */
  get seen(): FileStatus {
    return this.#seen;
  }

  /** Looks whether the name still leads to this folder. */
  look(): Outcome<FileStatus> {
    if (this.#isClosed) return noSuchFolder();
    const { libc, descriptor } = this.#root;
    const now = libc.statx(descriptor, this.#name);
    if (failed(now)) return now;
    if (!isSameFile(this.#identity, now)) return noSuchFolder();
    this.#seen = now;
    return now;
  }

  /** Closes it. */
  close(): void {
    if (!this.#isClosed) this.#root.libc.close(this.descriptor);
    this.#isClosed = true;
  }
}

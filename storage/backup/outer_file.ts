/**
 * Files outside of a store's directory, named by the caller.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import { check, type Descriptor, Errno, failed, type Libc, systemError } from "../../ffi/mod.ts";
import { OWN } from "../directory/mod.ts";
import { notFound, permissionDenied } from "../errors.ts";
import { bytesOfDescriptor, type FileBytes } from "../log/mod.ts";

const EEXIST = 17;

/** A file in the making; it has its name only when it is whole. */
export class NewFile {
  readonly descriptor: Descriptor;
  /** Absolute path that it will have. */
  readonly path: string;
  readonly #libc: Libc;
  readonly #folder: Descriptor;
  readonly #temporaryName: string;

  /**
   * Starts a file for a path of which no file exists.
   *
   * @throws {StoreError<"PERMISSION_DENIED">} If the runtime's permissions forbid it.
   * @throws {StoreError<"SYSTEM">} If it cannot be made.
   */
  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.path = resolve(path);
    const denial = libc.denied("write", this.path);
    if (denial !== undefined) throw permissionDenied(this.path, denial.remedy);
    const { O_RDONLY, O_DIRECTORY, O_WRONLY, O_CREAT, O_EXCL } = libc.constants;
    const parent = dirname(this.path);
    const folder = libc.open(parent, { flags: O_RDONLY | O_DIRECTORY });
    this.#folder = check(folder, "open directory", parent);
    this.#temporaryName = `.${basename(this.path)}.${libc.processId()}.part`;
    try {
      if (!failed(libc.statx(this.#folder, basename(this.path)))) {
        throw systemError(new Errno("EEXIST", EEXIST, "statx"), "make file", this.path);
      }
      const flags = O_WRONLY | O_CREAT | O_EXCL;
      const opened = libc.openat2(this.#folder, this.#temporaryName, { flags, mode: OWN.fileMode });
      this.descriptor = check(opened, "make file", this.path);
    } catch (error) {
      libc.close(this.#folder);
      throw error;
    }
  }

  /** Makes another file without a name, for reading and writing; it is gone when it is closed. */
  scratch(): Descriptor {
    const { O_RDWR, O_CREAT, O_EXCL } = this.#libc.constants;
    const name = `${this.#temporaryName}.head`;
    const how = { flags: O_RDWR | O_CREAT | O_EXCL, mode: OWN.fileMode };
    const opened = check(this.#libc.openat2(this.#folder, name, how), "make file", name);
    check(this.#libc.unlinkat(this.#folder, name), "remove", name);
    return opened;
  }

  /** Makes the file durable and gives it its name. */
  async finish(): Promise<void> {
    const libc = this.#libc;
    check(await libc.fsyncAsync(this.descriptor), "sync", this.path);
    const names = [this.#temporaryName, basename(this.path)] as const;
    const options = { noReplace: true };
    const renamed = libc.renameat(this.#folder, names[0], this.#folder, names[1], options);
    check(renamed, "name file", this.path);
    const synced = libc.fsync(this.#folder);
    check(synced, "sync directory", dirname(this.path));
  }

  /** Removes the file, unless it has its name. */
  abandon(): void {
    this.#libc.unlinkat(this.#folder, this.#temporaryName);
  }

  close(): void {
    this.#libc.close(this.descriptor);
    this.#libc.close(this.#folder);
  }
}

/**
 * Opens a file for reading; `action` is for the message.
 *
 * @throws {StoreError<"PERMISSION_DENIED">} If the runtime's permissions forbid it.
 * @throws {StoreError<"NOT_FOUND">} If it does not exist, or is not a regular file.
 */
export function openOuterFile(
  libc: Libc,
  path: string,
  action: string,
): FileBytes & { readonly descriptor: Descriptor } {
  const absolute = resolve(path);
  const denial = libc.denied("read", absolute);
  if (denial !== undefined) throw permissionDenied(absolute, denial.remedy);
  const { O_RDONLY, O_NONBLOCK } = libc.constants;
  const opened = libc.open(absolute, { flags: O_RDONLY | O_NONBLOCK });
  if (failed(opened) && opened.code === "ENOENT") {
    const place = { path: absolute, remedy: "check the path" };
    throw notFound("backup", action, "there is no such file", place);
  }
  const descriptor = check(opened, "open", absolute);
  const status = libc.fstat(descriptor);
  if (failed(status) || status.kind !== "file") {
    libc.close(descriptor);
    const place = { path: absolute, remedy: "name the backup itself" };
    throw notFound("backup", action, "it is no regular file", place);
  }
  const file = bytesOfDescriptor(libc, descriptor, status.byteLength, path);
  return { ...file, descriptor };
}

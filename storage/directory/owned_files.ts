/**
 * Makes files, and gives what is made to the owner of the root.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type FileStatus,
  type Libc,
  systemError,
} from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import { OWN, type Trust } from "./trust.ts";

/** File systems without owners or modes of their own. */
const NOT_SUPPORTED = ["EPERM", "EOPNOTSUPP", "ENOSYS"];

/** An open file, which the caller closes, and its status at opening. */
export interface OpenedFile {
  readonly descriptor: Descriptor;
  readonly status: FileStatus;
}

/**
 * Gives a file or folder to the owner of the root, also one that an earlier writer left as its own:
 * a broker that runs as the owner could not load it. One made now gets its mode too, whatever the
 * umask.
 */
export function giveToOwner(
  libc: Libc,
  { descriptor, status }: OpenedFile,
  path: string,
  how: { readonly trust: Trust; readonly isMade: boolean },
): void {
  const { user, folderMode, fileMode } = how.trust.ownership ?? OWN;
  if (user !== undefined && status.userId !== user.userId) {
    check(libc.fchown(descriptor, user.userId, user.groupId), "give to its owner", path);
  }
  const mode = status.kind === "directory" ? folderMode : fileMode;
  if (!how.isMade || (status.mode & 0o3777) === mode) return;
  const changed = libc.fchmod(descriptor, mode);
  if (failed(changed) && !NOT_SUPPORTED.includes(changed.code)) {
    throw systemError(changed, "set mode of", path);
  }
}

/**
 * Opens a file or makes it (`"new"`: it must not exist), and tells which; `undefined` if it does
 * not exist and is not to be made.
 */
export function openOrMake(
  libc: Libc,
  open: (flags: number, mode?: number) => Descriptor | undefined,
  { create, mode }: { readonly create: boolean | "new"; readonly mode: number },
): { readonly descriptor: Descriptor; readonly isMade: boolean } | undefined {
  const { O_CREAT, O_EXCL } = libc.constants;
  for (;;) {
    const found = create === "new" ? undefined : open(0);
    if (found !== undefined) return { descriptor: found, isMade: false };
    if (!create) return undefined;
    try {
      const made = open(O_CREAT | O_EXCL, mode);
      return made === undefined ? undefined : { descriptor: made, isMade: true };
    } catch (error) {
      // Another writer, which waits for the same lock, made it meanwhile.
      const isThere = StoreError.is(error, "SYSTEM") && error.errno === "EEXIST";
      if (!isThere || create === "new") throw error;
    }
  }
}

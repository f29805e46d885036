/**
 * Taking the lock of a file, and who else has it.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type FileLock,
  type Libc,
  queryFileLock,
  takeFileLock,
} from "../../ffi/mod.ts";
import type { LockedBy } from "../errors.ts";
import { LOCK_BYTE_LENGTH, parseLockText } from "./lock_text.ts";
import { readFully } from "./whole_file.ts";

const ATTEMPTS = 3;
/** The kernel's process id for an OFD lock, which belongs to no process. */
export const OPEN_FILE_DESCRIPTION = -1;

/** A file whose first byte is locked. */
export interface LockPlace {
  readonly descriptor: Descriptor;
  /** Where the line about the holder begins; 0 when left out. */
  readonly textAt?: number;
}

/** Takes the lock, or tells who has it. */
export function takeLock(
  libc: Libc,
  place: LockPlace & { readonly path: string },
): FileLock | LockedBy {
  // It may be given back between the attempt and the query for its holder.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = takeFileLock(libc, place.descriptor);
    if (!failed(lock)) return lock;
    if (lock.code !== "EAGAIN" && lock.code !== "EACCES") check(lock, "lock", place.path);
    const holder = lockHolder(libc, place);
    if (holder !== undefined) return holder;
  }
  return { where: "elsewhere" };
}

/** The holder of the lock, as far as it is known; `undefined` if the lock is free. */
export function lockHolder(
  libc: Libc,
  { descriptor, textAt = 0 }: LockPlace,
): LockedBy | undefined {
  const holder = queryFileLock(libc, descriptor);
  if (failed(holder)) return { where: "elsewhere" };
  if (holder === undefined) return undefined;
  if (holder.processId !== OPEN_FILE_DESCRIPTION) {
    // A process of another container has no id here.
    const processId = holder.processId > 0 ? holder.processId : undefined;
    return { where: "elsewhere", processId, isBroker: true };
  }
  const bytes = new Uint8Array(LOCK_BYTE_LENGTH);
  const count = readFully(libc, descriptor, bytes, textAt);
  const said = failed(count) ? undefined : parseLockText(libc, bytes.subarray(0, count));
  const processId = libc.processId();
  const isOwn = said?.processId === processId;
  // The lock may be given back before the query; then the line decides, though it may be old.
  const where = libc.lockHolderHere(descriptor) ?? (isOwn ? "process" : "elsewhere");
  if (where === "elsewhere") return { where, ...said };
  return { where, ...(isOwn ? said : {}), processId };
}

/**
 * The files of `streambed/groups/`: the right to read a queue as a group, which one process has at
 * a time, and the progress made by it. A kill gives the right back; the progress stays.
 *
 * @module
 */
import { check, failed, type FileLock, type Outcome, quotePath } from "../../ffi/mod.ts";
import { groupBusy, type LockedBy, queueName, unsupportedVersion } from "../errors.ts";
import {
  CLAIM_AT,
  CLAIM_BYTE_LENGTH,
  CLAIM_FORMAT_VERSION,
  type ClaimedQueue,
  claimFileName,
  claimFormatVersion,
  type ClaimNote,
  type ClaimRecord,
  CLAIMS_FOLDER,
  type ClaimSlot,
  decodeClaim,
  encodeClaimHead,
  encodeClaimNote,
  encodeClaimSlot,
} from "../layout/mod.ts";
import { lockHolder, takeLock } from "./lock_holder.ts";
import { lockText } from "./lock_text.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { readFully, writeFully } from "./whole_file.ts";
import { writeFailure } from "./write_failure.ts";

/** A claim that this process holds; {@linkcode ClaimFile.take} makes one. */
export class ClaimFile {
  readonly queue: ClaimedQueue;
  /** Path below the root. */
  readonly path: string;
  readonly #directory: StoreDirectory;
  readonly #lock: FileLock;
  #record: Pick<ClaimRecord, "slot" | "note">;
  /** What the store's own file says, if the slot's range does not hold it. */
  #foreign: { readonly known: number | undefined } | undefined;
  /** Least offset that this claim had since the last slot; `Infinity` if none. */
  #lowest = Infinity;
  #isSynced = false;
  #isClosed = false;

  private constructor(
    directory: StoreDirectory,
    queue: ClaimedQueue,
    lock: FileLock,
    record: Pick<ClaimRecord, "slot" | "note">,
  ) {
    this.#directory = directory;
    this.queue = queue;
    this.path = claimPath(claimFileName(queue));
    this.#lock = lock;
    this.#record = record;
  }

  /**
   * Takes the right to read a queue as a group. The folder must be there.
   *
   * @param now Wall clock, ms: since when this process has it.
   * @throws {StoreError<"GROUP_BUSY">} If another source has it, of this process or of another.
   * @throws {StoreError<"DISK_FULL">} If there is no room for the file.
   * @throws {StoreError<"UNSUPPORTED_FORMAT">} If the file is that of another release.
   */
  static take(directory: StoreDirectory, queue: ClaimedQueue, now: number): ClaimFile {
    const { libc } = directory;
    const path = claimPath(claimFileName(queue));
    const file = directory.openFile(path, { write: true, create: true });
    const opened = check(file?.descriptor ?? -1, "open", path);
    const descriptor = libc.reopen(opened, `${directory.path}/${path}`);
    try {
      const lock = takeLock(libc, { descriptor, path, textAt: CLAIM_AT.holder });
      if ("where" in lock) {
        throw groupBusy(queue.group, queueName(queue.topic, queue.queueId), lock);
      }
      const record = takeRecord(directory, lock, queue);
      const text = lockText(libc, now);
      if (text !== undefined) put(directory, lock, path, text, CLAIM_AT.holder);
      return new ClaimFile(directory, queue, lock, record);
    } catch (error) {
      libc.close(descriptor);
      throw error;
    }
  }

  /** Its progress, and what the store's writer has taken over, as they were taken or written. */
  get record(): Pick<ClaimRecord, "slot" | "note"> {
    return this.#record;
  }

  /**
   * Says where the group goes on. The next {@linkcode write} tells by that what came from here.
   *
   * @param start Where it goes on, if it was ever read.
   * @param known What the store's own file of progress says.
   */
  begin(start: number | undefined, known: number | undefined): void {
    const { slot, note } = this.#record;
    const isOwn = start !== undefined && start === slot?.next &&
      (note?.sequence ?? 0) <= slot.sequence;
    this.#foreign = isOwn ? undefined : { known };
  }

  /** Says how far the claim is without writing it: the store's own file may tell it before. */
  pass(next: number): void {
    this.#lowest = Math.min(this.#lowest, next);
  }

  /**
   * Writes progress into the page cache: a kill leaves it, a power cut may not. Nothing is written
   * once it is closed: its descriptor may be another file's by then.
   */
  write(next: number): void {
    if (this.#isClosed) return;
    const passed = Math.min(this.#lowest, next);
    const slot = nextSlot(this.#record, this.#foreign, { passed, next });
    const { at, bytes } = encodeClaimSlot(slot);
    put(this.#directory, this.#lock, this.path, bytes, at);
    this.#record = { ...this.#record, slot };
    this.#foreign = undefined;
    this.#lowest = Infinity;
  }

  /** Makes what was written durable, on another thread. */
  async sync(): Promise<void> {
    if (this.#isClosed) return;
    const { libc } = this.#directory;
    check(await libc.fdatasyncAsync(this.#lock.descriptor), "sync", this.path);
    // Its name, too: the process that made the file may have died before that.
    if (!this.#isSynced) await this.#directory.syncFolderAsync(CLAIMS_FOLDER);
    this.#isSynced = true;
  }

  /** Makes what was written durable before it returns. */
  syncNow(): void {
    if (this.#isClosed) return;
    check(this.#directory.libc.fdatasync(this.#lock.descriptor), "sync", this.path);
    if (!this.#isSynced) this.#directory.syncFolder(CLAIMS_FOLDER);
    this.#isSynced = true;
  }

  /** Gives the right back; the file stays open. Harmless when repeated. */
  release(): void {
    this.#lock[Symbol.dispose]();
  }

  /** Closes the file, which gives the right back. Harmless when repeated. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.release();
    this.#directory.libc.close(this.#lock.descriptor);
  }
}

/** Reads the file of a name; `undefined` if there is none, or its head is not whole. */
export function readClaimFile(directory: StoreDirectory, name: string): ClaimRecord | undefined {
  return withClaim(directory, name, (descriptor, path) => {
    const record = decodeClaim(readClaim(directory, descriptor, path));
    // A copy under another name says nothing of its queue.
    return record !== undefined && claimFileName(record) === name ? record : undefined;
  });
}

/** Names of all such files. */
export function claimFileNames(directory: StoreDirectory): string[] {
  return (directory.list(CLAIMS_FOLDER) ?? [])
    .filter(({ name, kind }) => kind === "file" && CLAIM_NAME.test(name))
    .map(({ name }) => name);
}

/** Who reads a queue as a group; `undefined` if none does. */
export function claimHolder(directory: StoreDirectory, queue: ClaimedQueue): LockedBy | undefined {
  return withClaim(
    directory,
    claimFileName(queue),
    (descriptor) => lockHolder(directory.libc, { descriptor, textAt: CLAIM_AT.holder }),
  );
}

/** Notes what the store's own file of progress holds by now. A failure does no harm. */
export function noteTaken(directory: StoreDirectory, queue: ClaimedQueue, note: ClaimNote): void {
  const file = directory.openFile(claimPath(claimFileName(queue)), { write: true });
  if (file === undefined) return;
  directory.libc.pwrite(file.descriptor, encodeClaimNote(note), CLAIM_AT.note);
  directory.libc.close(file.descriptor);
}

/** Path of the file of a name, below the root. */
export function claimPath(name: string): string {
  return `${CLAIMS_FOLDER}/${name}`;
}

const CLAIM_NAME = /^[0-9a-f]{16}$/;

/**
 * The slot after a write. While offsets only grow, notes of what was taken over narrow the range;
 * one that goes back, or begins where another program has moved the group, begins a range of its
 * own.
 */
function nextSlot(
  { slot: before, note }: Pick<ClaimRecord, "slot" | "note">,
  foreign: { readonly known: number | undefined } | undefined,
  { passed, next }: { readonly passed: number; readonly next: number },
): ClaimSlot {
  const sequence = Math.max(before?.sequence ?? 0, note?.sequence ?? 0) + 1;
  if (before === undefined || foreign !== undefined) {
    const known = foreign?.known ?? next;
    const [lowest, highest] = [Math.min(known, passed), Math.max(known, next)];
    return { sequence, since: sequence, lowest, highest, next };
  }
  const since = passed < before.next ? sequence : before.since;
  const lowest = Math.min(before.lowest, passed);
  const highest = Math.max(before.highest, next);
  return { sequence, since, lowest, highest, next };
}

/** What a locked file says of a queue; the queue's names are in it afterwards. */
function takeRecord(
  directory: StoreDirectory,
  lock: FileLock,
  queue: ClaimedQueue,
): Pick<ClaimRecord, "slot" | "note"> {
  const path = claimPath(claimFileName(queue));
  let bytes = readClaim(directory, lock.descriptor, path);
  const found = decodeClaim(bytes);
  const isOwn = found?.group === queue.group && found.topic === queue.topic &&
    found.queueId === queue.queueId;
  if (isOwn) return found;
  refuseOtherVersion(bytes, queue, path);
  if (found !== undefined) {
    // Another queue with the same two hashes: what no writer took over is read again.
    check(directory.libc.ftruncate(lock.descriptor, 0), "write", path);
    bytes = new Uint8Array(CLAIM_BYTE_LENGTH);
  }
  // A new file, or one whose head was lost: its name says whose it is.
  const head = encodeClaimHead(queue);
  put(directory, lock, path, head, CLAIM_AT.head);
  bytes.set(head, CLAIM_AT.head);
  return decodeClaim(bytes)!;
}

/** Progress that this release cannot read is not damage: it must not be overwritten. */
function refuseOtherVersion(bytes: Uint8Array, queue: ClaimedQueue, path: string): void {
  const version = claimFormatVersion(bytes);
  if (version === undefined || version === CLAIM_FORMAT_VERSION) return;
  const { group, topic, queueId } = queue;
  throw unsupportedVersion(`read ${queueName(topic, queueId)} as group ${quotePath(group)}`, path, {
    found: "a file",
    version,
    oldest: CLAIM_FORMAT_VERSION,
    newest: CLAIM_FORMAT_VERSION,
  });
}

function withClaim<T>(
  directory: StoreDirectory,
  name: string,
  look: (descriptor: number, path: string) => T,
): T | undefined {
  if (!CLAIM_NAME.test(name)) return undefined;
  const path = claimPath(name);
  const file = directory.openFile(path);
  if (file === undefined) return undefined;
  try {
    return look(file.descriptor, path);
  } finally {
    directory.libc.close(file.descriptor);
  }
}

function readClaim({ libc }: StoreDirectory, descriptor: number, path: string): Uint8Array {
  const bytes = new Uint8Array(CLAIM_BYTE_LENGTH);
  check(readFully(libc, descriptor, bytes, 0), "read", path);
  return bytes;
}

function put(
  { libc }: StoreDirectory,
  { descriptor }: FileLock,
  path: string,
  bytes: Uint8Array,
  position: number,
): void {
  const written: Outcome = writeFully(libc, descriptor, bytes, position);
  if (!failed(written)) return;
  throw writeFailure(written, {
    action: "write group progress",
    path,
    byteLength: bytes.length,
  });
}

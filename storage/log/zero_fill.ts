/**
 * Zeros ahead of the records, so that their blocks are not new when a sync comes to them.
 *
 * A segment's blocks are allocated and were never written. The first sync that reaches one has the
 * file system note that it was, which is an entry in the journal and one more wait for the disk.
 * Zeros for many records cost that once for all of them.
 *
 * @module
 */
import { type Descriptor, failed, type Libc } from "../../ffi/mod.ts";
import { writeFully } from "../directory/mod.ts";

/** File systems that note the first write to an allocated block, and overwrite it in place. */
const FILE_SYSTEMS: readonly string[] = ["ext4", "xfs"];

/** So many syncs as long as this one are to find their blocks written. */
const SYNC_COUNT = 16;
const LEAST_BYTE_LENGTH = 64 * 1024;
const MOST_BYTE_LENGTH = 512 * 1024;
/** A sync of more waits for its own bytes longer than for the journal. */
const LONG_BYTE_LENGTH = 256 * 1024;

let zeros: Uint8Array | undefined;

/** Fills a segment with zeros ahead of its records. */
export class ZeroFill {
  readonly #libc: Libc;
  readonly #descriptor: Descriptor;
  readonly #isUseful: boolean;
  /** Zeros end before the last byte: a file that was cut must not get its length back. */
  readonly #limit: number;
  #end = 0;

  /** `descriptor` is that of a segment of `byteLength` bytes. */
  constructor(libc: Libc, descriptor: Descriptor, byteLength: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#limit = byteLength - 1;
    const fileSystem = libc.fstatfs(descriptor);
    this.#isUseful = !failed(fileSystem) && FILE_SYSTEMS.includes(fileSystem.name);
  }

  /**
   * Fills behind `written`, the end of all that was written, before a sync of `byteLength` bytes,
   * if it comes to blocks that may be new. Gives the end of the zeros.
   */
  before(byteLength: number, written: number): number {
    if (!this.#isUseful || byteLength > LONG_BYTE_LENGTH || written <= this.#end) return this.#end;
    const wished = Math.max(LEAST_BYTE_LENGTH, Math.min(SYNC_COUNT * byteLength, MOST_BYTE_LENGTH));
    const to = Math.min(written + wished, this.#limit);
    if (to <= written) return this.#end;
    zeros ??= new Uint8Array(MOST_BYTE_LENGTH);
    // Where it fails nothing is lost: the sync takes as long as without.
    writeFully(this.#libc, this.#descriptor, zeros.subarray(0, to - written), written);
    return this.#end = to;
  }
}

/**
 * Another process that has no business with the store opens a sealed segment for writing, under the
 * leases of those who have it mapped, and cuts it.
 *
 * @module
 */
import { check, type Descriptor, failed, type Libc } from "../../../ffi/mod.ts";
import { type Store, StoreError } from "../../../storage/mod.ts";
import { isDeath } from "../machine/faults.ts";
import { SimDirectory, SimFile } from "../machine/nodes.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import { simLibc } from "../machine/sim_libc.ts";
import { BrokenPromise } from "./store_ledger.ts";

/** Who reads while the intruder is at work. */
export interface IntrudedReader {
  /** Its store. */
  readonly store: Store;
  /** Reads everything, through mappings where it may. */
  read(): Promise<void>;
}

/** The kernel takes a lease away from who does not give it back. */
const LEASE_BREAK_MS = 45_000;
const STEP_MS = 50;
const NOTED = /is being opened for writing by another program/;

/**
 * Opens a segment that is under a lease as soon as it is let, cuts it to nothing, and puts back
 * what was there. Meanwhile the reader is refused what is gone, and nothing else happens to it.
 *
 * @param kernel The machine.
 * @param root Path of the store.
 * @param reader Has read everything once, so that what is sealed is mapped.
 */
export async function intrude(
  kernel: SimKernel,
  root: string,
  reader: IntrudedReader,
): Promise<void> {
  const { path, file } = leasedSegment(kernel, root);
  const noteCount = reader.store.info.notes.filter((note) => NOTED.test(note)).length;
  const process = kernel.spawn();
  const libc = simLibc(process);
  kernel.note(`process ${process.id} opens ${path} for writing`);
  const descriptor = await openWhenLet(kernel, libc, path);
  const bytes = new Uint8Array(file.byteLength);
  check(libc.pread(descriptor, bytes, 0), "read", path);
  kernel.note(`process ${process.id} cuts ${path}`);
  kernel.countFault("segment cut by a stranger");
  check(libc.ftruncate(descriptor, 0), "cut", path);
  await mustBeRefused(reader);
  check(libc.pwrite(descriptor, bytes, 0), "write", path);
  check(libc.fsync(descriptor), "flush", path);
  kernel.exit(process);
  kernel.note("what was there is there again");
  await reader.read();
  const { notes } = reader.store.info;
  if (notes.filter((note) => NOTED.test(note)).length > noteCount) return;
  throw new BrokenPromise(`guard: no note says that ${path} was opened for writing: ${notes}`);
}

/** The oldest segment that some process has under a lease. */
function leasedSegment(
  kernel: SimKernel,
  root: string,
): { readonly path: string; readonly file: SimFile } {
  const folder = kernel.lookUp(`${root}/commitlog`);
  const files = folder instanceof SimDirectory ? [...folder.entries].toSorted() : [];
  for (const [name, file] of files) {
    const isLeased = file instanceof SimFile && file.leases.length > 0;
    if (isLeased) return { path: `${root}/commitlog/${name}`, file };
  }
  throw new BrokenPromise("guard: no sealed segment that was read is under a lease");
}

/**
 * As a call that waits does, but so that the others go on: a call that would wait blocks the whole
 * machine.
 */
async function openWhenLet(kernel: SimKernel, libc: Libc, path: string): Promise<Descriptor> {
  const flags = libc.constants.O_RDWR | libc.constants.O_NONBLOCK;
  for (let waitedMs = 0; waitedMs < LEASE_BREAK_MS; waitedMs += STEP_MS) {
    const descriptor = libc.open(path, { flags });
    const isMade = !failed(descriptor) || descriptor.code !== "EAGAIN";
    if (isMade) return check(descriptor, "open", path);
    await kernel.scheduler.advance(STEP_MS);
  }
  throw new BrokenPromise(`guard: nobody gives back the lease on ${path} that is being broken`);
}

async function mustBeRefused(reader: IntrudedReader): Promise<void> {
  try {
    await reader.read();
  } catch (error) {
    if (StoreError.is(error, "CORRUPTED")) return;
    throw isDeath(error) || error instanceof BrokenPromise
      ? error
      : new BrokenPromise(`guard: a segment that was cut is refused with ${error}`);
  }
  throw new BrokenPromise("guard: a segment that was cut can be read all the same");
}

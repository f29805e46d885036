/**
 * Calls on mapped memory.
 *
 * @module
 */
import { type CallContext, integer } from "./call_context.ts";
import { CopiedMemory } from "./copied_memory.ts";
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc, MapHow } from "./libc.ts";
import { MAP_FAILED, MAP_SHARED, MS_SYNC, PROT_READ, PROT_WRITE } from "./linux_abi.ts";
import { MappedMemory } from "./mapped_memory.ts";
import type { Mapping } from "./mapping.ts";
import type { Native } from "./native.ts";
import { ProcessMemory } from "./process_memory.ts";

export type MemoryCalls = LifetimeCalls & RangeCalls;

export type LifetimeCalls = Pick<Libc, "mmap" | "munmap">;

export type RangeCalls = Pick<
  Libc,
  "msync" | "msyncAsync" | "madvise" | "madviseAsync" | "mlock" | "mincore"
>;

/** Makes the calls; `memoryViewer` gives views over memory, if it can. */
export function memoryCalls(
  context: CallContext,
  memoryViewer: Native["memoryViewer"],
): MemoryCalls {
  return { ...lifetimeCalls(context, memoryViewer), ...rangeCalls(context) };
}

function lifetimeCalls(
  context: CallContext,
  memoryViewer: Native["memoryViewer"],
): LifetimeCalls {
  const { calls } = context;

  return {
    mmap(descriptor, byteLength, how) {
      const address = map(context, descriptor, byteLength, how);
      if (failed(address)) return address;
      const viewMemory = memoryViewer();
      const mapping = viewMemory === undefined
        ? new CopiedMemory(address, byteLength, how.write, calls)
        : new MappedMemory(address, byteLength, how.write, viewMemory);
      context.opened.mappings.set(mapping, () => void unmap(context, mapping));
      return mapping;
    },
    munmap: (mapping) => unmap(context, mapping),
  };
}

function map(
  context: CallContext,
  descriptor: Descriptor,
  byteLength: number,
  how: MapHow,
): Outcome<bigint> {
  const protection = PROT_READ | (how.write ? PROT_WRITE : 0);
  const address = context.calls.mmap(
    0n,
    integer(byteLength),
    protection,
    MAP_SHARED,
    descriptor,
    integer(how.offset ?? 0),
  );
  return address === MAP_FAILED ? context.failure("mmap") : address;
}

function unmap(context: CallContext, mapping: Mapping): Outcome {
  const { byteLength } = mapping;
  const address = ProcessMemory.addressOf(mapping);
  ProcessMemory.detach(mapping);
  context.opened.mappings.delete(mapping);
  return context.retried("munmap", () => context.calls.munmap(address, byteLength));
}

function rangeCalls(context: CallContext): RangeCalls {
  const { calls } = context;

  return {
    msync(mapping, offset, byteLength) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      return context.retried("msync", () => calls.msync(address, length, MS_SYNC));
    },
    msyncAsync(mapping, offset, byteLength) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      return context.settled("msync", () => calls.msyncAsync(address, length, MS_SYNC));
    },
    madvise(mapping, offset, byteLength, advice) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      return context.retried("madvise", () => calls.madvise(address, length, advice));
    },
    madviseAsync(mapping, offset, byteLength, advice) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      return context.settled("madvise", () => calls.madviseAsync(address, length, advice));
    },
    mlock(mapping, offset, byteLength) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      return context.retried("mlock", () => calls.mlock(address, length));
    },
    mincore(mapping, offset, byteLength) {
      const [address, length] = pagesOf(context, mapping, offset, byteLength);
      const resident = new Uint8Array(length / context.pageByteLength);
      const result = context.retried("mincore", () => calls.mincore(address, length, resident));
      return failed(result) ? result : resident;
    },
  };
}

/** The pages that hold a range. */
function pagesOf(
  context: CallContext,
  mapping: Mapping,
  offset: number,
  byteLength: number,
): [address: bigint, byteLength: number] {
  const address = ProcessMemory.addressOf(mapping);
  const page = context.pageByteLength;
  const end = offset + byteLength;
  // Written so that NaN fails too.
  if (!(offset >= 0 && byteLength >= 0 && end <= mapping.byteLength)) {
    throw new RangeError(
      `Cannot use ${byteLength} bytes at ${offset}: the mapping has ${mapping.byteLength} bytes`,
    );
  }
  const first = offset - offset % page;
  return [address + BigInt(first), Math.ceil((end - first) / page) * page];
}

/**
 * The simulated calls that map files into memory.
 *
 * @module
 */
import { Errno, type Libc, type MapHow, type Mapping, type Outcome } from "../../../ffi/mod.ts";
import { onFile } from "./open_file.ts";
import { ownMapping } from "./calls_of_syncs.ts";
import { SimMisuse } from "./faults.ts";
import { pageCount, SimDirectory } from "./nodes.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { SimMapping } from "./sim_mapping.ts";
import { type CallVerdict, failure, type SimProcess } from "./sim_process.ts";

/** The part of `Libc` that this file makes. */
export type MemoryCalls = Pick<
  Libc,
  | "mmap"
  | "munmap"
  | "madvise"
  | "madviseAsync"
  | "mlock"
  | "mincore"
>;

/** What a process can address on x86-64, bytes. */
const ADDRESS_SPACE = 2 ** 47;

interface Part {
  readonly offset: number;
  readonly byteLength: number;
}

/** Makes the calls of a process that map files into memory. */
export function memoryCalls(process: SimProcess): MemoryCalls {
  const locked: Map<SimMapping, number> = new Map();

  return {
    mmap: (descriptor, byteLength, how) => map(process, descriptor, byteLength, how),
    munmap: (mapping) => unmap(process, ownMapping(mapping)),
    madvise: (mapping, offset, byteLength, advice) =>
      onMapping(
        process,
        "madvise",
        mapping,
        { offset, byteLength },
        (own) => advise(process, own, { offset, byteLength }, advice),
      ),
    madviseAsync: (mapping, offset, byteLength, advice) => {
      const part = { offset, byteLength };
      const begun = onMapping(
        process,
        "madviseAsync",
        mapping,
        part,
        (own) => ({ mapping: own, finish: () => advise(process, own, part, advice) }),
      );
      return process.offThread(
        "madviseAsync",
        begun instanceof Errno ? { finish: () => begun } : begun,
      );
    },
    mlock: (mapping, offset, byteLength) =>
      onMapping(process, "mlock", mapping, { offset, byteLength }, (own) => {
        const limit = process.options.lockedByteLengthLimit ?? Infinity;
        const others = [...locked.values()].reduce((sum, length) => sum + length, 0);
        if (others + byteLength > limit) return failure("ENOMEM", "mlock");
        locked.set(own, (locked.get(own) ?? 0) + byteLength);
        return own.populate(offset, byteLength, false) ? 0 : failure("ENOMEM", "mlock");
      }),
    mincore: (mapping, offset, byteLength) =>
      onMapping(
        process,
        "mincore",
        mapping,
        { offset, byteLength },
        (own) => residency(own, { offset, byteLength }),
      ),
  };
}

function onMapping<T>(
  process: SimProcess,
  name: string,
  mapping: Mapping,
  part: Part,
  body: (mapping: SimMapping, verdict: CallVerdict) => Outcome<T>,
): Outcome<T> {
  const own = ownMapping(mapping);
  const position = own.fileOffset + part.offset;
  const subject = { path: own.description.path, position, byteLength: part.byteLength };
  own.checkRange(part.offset, part.byteLength);
  const verdict = process.enter(name, subject);
  if (verdict.fail !== undefined) return failure(verdict.fail, name);
  return body(own, verdict);
}

function map(
  process: SimProcess,
  descriptor: number,
  byteLength: number,
  how: MapHow,
): Outcome<Mapping> {
  const offset = how.offset ?? 0;
  if (process.description(descriptor)?.node instanceof SimDirectory) {
    return failure("ENODEV", "mmap");
  }
  return onFile(process, "mmap", descriptor, { position: offset, byteLength }, (open) => {
    const { file, description } = open;
    if (byteLength <= 0 || offset % PAGE_BYTE_LENGTH !== 0) return failure("EINVAL", "mmap");
    if (!description.readable || (how.write && !description.writable)) {
      return failure("EACCES", "mmap");
    }
    const count = process.mappings.size + 1;
    if (count > (process.options.mappingLimit ?? Infinity) || byteLength > ADDRESS_SPACE) {
      return failure("ENOMEM", "mmap");
    }
    return new SimMapping(process, description, file, { offset, byteLength, write: how.write });
  });
}

function unmap(process: SimProcess, mapping: SimMapping): Outcome {
  mapping.checkRange(0, 0);
  process.enter("munmap", { path: mapping.description.path });
  if (mapping.busyCount > 0) {
    const what = `a mapping of ${mapping.description.path}`;
    process.kernel.fault(
      new SimMisuse(`Cannot unmap ${what}: a call on another thread still uses it`),
    );
  }
  mapping.unmap();
  return 0;
}

function advise(process: SimProcess, mapping: SimMapping, part: Part, advice: number): Outcome {
  const { constants } = process.kernel;
  const writing = advice === constants.MADV_POPULATE_WRITE;
  if (!writing && advice !== constants.MADV_POPULATE_READ) return 0;
  if (writing && !mapping.writable) return failure("EINVAL", "madvise");
  return mapping.populate(part.offset, part.byteLength, writing) ? 0 : failure("EFAULT", "madvise");
}

function residency(mapping: SimMapping, part: Part): Uint8Array {
  const first = Math.floor((mapping.fileOffset + part.offset) / PAGE_BYTE_LENGTH);
  const last = pageCount(mapping.fileOffset + part.offset + part.byteLength);
  return Uint8Array.from(
    { length: last - first },
    (_, at) => mapping.file.pages.get(first + at)?.resident ? 1 : 0,
  );
}

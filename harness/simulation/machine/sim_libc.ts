/**
 * The simulated `Libc` of one process.
 *
 * @module
 */
import { fileSystemName, type Libc } from "../../../ffi/mod.ts";
import { dataCalls } from "./calls_of_data.ts";
import { directoryCalls } from "./calls_of_directories.ts";
import { lockCalls } from "./calls_of_locks.ts";
import { memoryCalls } from "./calls_of_memory.ts";
import { spaceCalls } from "./calls_of_space.ts";
import { syncCalls } from "./calls_of_syncs.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { failure, type SimProcess } from "./sim_process.ts";

const MAGIC = { ext4: 0xef53, tmpfs: 0x01021994 };

/**
 * Makes the whole of `Libc` for a process of a simulated machine.
 *
 * @param process The process that calls.
 * @returns Its libc. Every call asks the machine's hook first.
 */
export function simLibc(process: SimProcess): Libc {
  return {
    runtime: "Simulated 1",
    constants: process.kernel.constants,
    pageByteLength: PAGE_BYTE_LENGTH,
    // There are no signals to handle in a simulated process: one that meets SIGBUS has failed its
    // history.
    guard: undefined,
    ...processCalls(process),
    ...directoryCalls(process),
    ...dataCalls(process),
    ...spaceCalls(process),
    ...syncCalls(process),
    ...lockCalls(process),
    ...memoryCalls(process),
  };
}

function processCalls(
  process: SimProcess,
): Pick<
  Libc,
  | "denied"
  | "bootId"
  | "processId"
  | "processStart"
  | "reopen"
  | "closeAbandoned"
  | "lockHolderHere"
  | "effectiveUserId"
  | "resourceLimit"
  | "getrusage"
  | "fstatfs"
> {
  const { kernel, options } = process;
  return {
    denied: (access, path) => options.denied?.(access, path),
    bootId: () => {
      const { fail } = process.enter("bootId");
      return fail === undefined ? kernel.bootId : failure(fail, "bootId");
    },
    processId: () => process.id,
    // A process is one program there, so nobody is left behind.
    processStart: () => failure("ENOENT", "open"),
    reopen: (descriptor) => descriptor,
    closeAbandoned: () => {},
    lockHolderHere: () => undefined,
    effectiveUserId: () => 0,
    resourceLimit: (resource) => {
      const limit = resource === "descriptors"
        ? options.descriptorLimit
        : options.fileByteLengthLimit;
      return { soft: limit ?? Infinity, hard: Infinity };
    },
    getrusage: () => ({
      minorFaults: process.faultCount,
      majorFaults: 0,
    }),
    fstatfs: (descriptor) => {
      const description = process.description(descriptor);
      const { fail } = process.enter("fstatfs", { path: description?.path });
      if (fail !== undefined) return failure(fail, "fstatfs");
      if (description === undefined) return failure("EBADF", "fstatfs");
      const type = MAGIC[kernel.fileSystem];
      return {
        type,
        name: fileSystemName(type),
        totalByteLength: kernel.devicePageCount * PAGE_BYTE_LENGTH,
        availableByteLength: kernel.space.free * PAGE_BYTE_LENGTH,
      };
    },
  };
}

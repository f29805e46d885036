/**
 * The simulated calls that make data durable.
 *
 * @module
 */
import type { Libc, Mapping, Outcome } from "../../../ffi/mod.ts";
import { beginSync, failSync, finishSync, type SyncTicket } from "./file_sync.ts";
import { SimDirectory, SimFile } from "./nodes.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { SimMapping } from "./sim_mapping.ts";
import { failure, type SimDescription, type SimProcess } from "./sim_process.ts";

/** The part of `Libc` that this file makes. */
export type SyncCalls = Pick<
  Libc,
  "fsync" | "fsyncAsync" | "fdatasync" | "fdatasyncAsync" | "msync" | "msyncAsync"
>;

/** A sync that has begun: what is left of it. */
interface BegunSync {
  readonly finish: () => Outcome;
  readonly description?: SimDescription;
  readonly mapping?: SimMapping;
}

/** Makes the calls of a process that make data durable. */
export function syncCalls(process: SimProcess): SyncCalls {
  const whole = (name: string, descriptor: number) => begin(process, name, descriptor);
  const part = (name: string, mapping: Mapping, offset: number, byteLength: number) =>
    beginRange(process, name, ownMapping(mapping), offset, byteLength);

  return {
    fsync: (descriptor) => whole("fsync", descriptor).finish(),
    fsyncAsync: (descriptor) => later(process, "fsyncAsync", whole("fsyncAsync", descriptor)),
    fdatasync: (descriptor) => whole("fdatasync", descriptor).finish(),
    fdatasyncAsync: (descriptor) =>
      later(process, "fdatasyncAsync", whole("fdatasyncAsync", descriptor)),
    msync: (mapping, offset, byteLength) => part("msync", mapping, offset, byteLength).finish(),
    msyncAsync: (mapping, offset, byteLength) =>
      later(process, "msyncAsync", part("msyncAsync", mapping, offset, byteLength)),
  };
}

/** The mapping behind the interface; one of another back end is a mistake of the test. */
export function ownMapping(mapping: Mapping): SimMapping {
  if (mapping instanceof SimMapping) return mapping;
  throw new TypeError("Cannot use a mapping: another back end made it");
}

function later(process: SimProcess, name: string, sync: BegunSync): Promise<Outcome> {
  return process.offThread(name, sync);
}

function begin(process: SimProcess, name: string, descriptor: number): BegunSync {
  const description = process.description(descriptor);
  const { fail } = process.enter(name, { path: description?.path });
  if (description === undefined) return failed("EBADF", name);
  const { node } = description;
  if (node instanceof SimDirectory) {
    return { description, finish: directorySync(process, name, node, fail) };
  }
  if (!(node instanceof SimFile)) return failed("EINVAL", name);

  const ticket = beginSync(node, 0, Infinity, process.kernel.sequence);
  const upTo = name.startsWith("fsync") ? process.kernel.journal.lastNumber : 0;
  return {
    description,
    finish: () => {
      const outcome = finish(process, name, description, ticket, fail);
      // Only an fsync commits the journal, and only a journalled file system has one.
      if (outcome === 0) process.kernel.journal.synced(undefined, upTo);
      return outcome;
    },
  };
}

function beginRange(
  process: SimProcess,
  name: string,
  mapping: SimMapping,
  offset: number,
  byteLength: number,
): BegunSync {
  const from = Math.floor((mapping.fileOffset + offset) / PAGE_BYTE_LENGTH) * PAGE_BYTE_LENGTH;
  const to = mapping.fileOffset + offset + byteLength;
  const { description, file } = mapping;
  mapping.checkRange(offset, byteLength);
  const subject = { path: description.path, position: from, byteLength: to - from };
  const { fail } = process.enter(name, subject);

  const ticket = beginSync(file, from, to, process.kernel.sequence);
  return { mapping, finish: () => finish(process, name, description, ticket, fail) };
}

function finish(
  process: SimProcess,
  name: string,
  description: SimDescription,
  ticket: SyncTicket,
  fail: string | undefined,
): Outcome {
  const { file } = ticket;
  const { choices } = process.kernel;
  if (fail === undefined) finishSync(ticket, choices);
  else failSync(ticket, choices);
  if (description.seenErrors === file.errorCount) return 0;

  // Told once through each description that was open, and never again.
  description.seenErrors = file.errorCount;
  file.errorSeen = true;
  return failure(fail ?? "EIO", name);
}

function directorySync(
  process: SimProcess,
  name: string,
  directory: SimDirectory,
  fail: string | undefined,
): () => Outcome {
  const { journal, choices } = process.kernel;
  const upTo = journal.lastNumber;
  return () => {
    if (fail === undefined) {
      journal.synced(directory, upTo);
      return 0;
    }
    journal.failed(directory, upTo, choices);
    return failure(fail, name);
  };
}

function failed(code: string, name: string): BegunSync {
  return { finish: () => failure(code, name) };
}

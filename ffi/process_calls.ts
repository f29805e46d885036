/**
 * Calls about this process and this machine.
 *
 * @module
 */
import { readI64, readU64 } from "./c_struct.ts";
import { type CallContext, integer } from "./call_context.ts";
import { type Errno, failed, type Outcome } from "./errno.ts";
import type { Libc, ResourceLimit, ResourceUsage } from "./libc.ts";
import { RLIMIT_FSIZE, RLIMIT_NOFILE, RUSAGE_SELF } from "./linux_abi.ts";
import { RLIMIT, RUSAGE } from "./linux_structs.ts";

export type ProcessCalls = Pick<
  Libc,
  | "denied"
  | "bootId"
  | "processId"
  | "processStart"
  | "effectiveUserId"
  | "resourceLimit"
  | "getrusage"
>;

const BOOT_ID_PATH = "/proc/sys/kernel/random/boot_id";
const TEXT_BYTE_LENGTH = 1024;
const RESOURCES = { fileByteLength: RLIMIT_FSIZE, descriptors: RLIMIT_NOFILE };

type Parts = Pick<Libc, "open" | "read" | "close">;

export function processCalls(context: CallContext, parts: Parts): ProcessCalls {
  const { calls, native } = context;

  return {
    denied: (access, path) => native.denied(access, path),
    bootId() {
      const text = readText(context, parts, BOOT_ID_PATH);
      return failed(text) ? text : text.trim().replaceAll("-", "");
    },
    processId: () => calls.getpid(),
    processStart(processId) {
      const text = readText(context, parts, `/proc/${integer(processId)}/stat`);
      // In clock ticks since boot, the 22nd field; the second is a name in parentheses, with any
      // characters.
      return failed(text) ? text : text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
    },
    effectiveUserId: () => calls.geteuid(),
    resourceLimit: (resource) => readLimit(context, RESOURCES[resource]),
    getrusage: () => readUsage(context),
  };
}

function readText(context: CallContext, parts: Parts, path: string): Outcome<string> {
  const descriptor = parts.open(path, { flags: context.constants.O_RDONLY });
  if (failed(descriptor)) return descriptor;
  const text = new Uint8Array(TEXT_BYTE_LENGTH);
  const count = parts.read(descriptor, text);
  parts.close(descriptor);
  return failed(count) ? count : new TextDecoder().decode(text.subarray(0, count));
}

function readLimit(context: CallContext, resource: number): ResourceLimit | Errno {
  const bytes = new Uint8Array(RLIMIT.byteLength);
  const result = context.retried("getrlimit", () => context.calls.getrlimit(resource, bytes));
  if (failed(result)) return result;
  const view = new DataView(bytes.buffer);
  return {
    soft: finite(readU64(view, RLIMIT.at.soft)),
    hard: finite(readU64(view, RLIMIT.at.hard)),
  };
}

function readUsage(context: CallContext): ResourceUsage | Errno {
  const bytes = new Uint8Array(RUSAGE.byteLength);
  const result = context.retried("getrusage", () => context.calls.getrusage(RUSAGE_SELF, bytes));
  if (failed(result)) return result;
  const view = new DataView(bytes.buffer);
  const { at } = RUSAGE;
  return {
    minorFaults: readI64(view, at.minorFaults),
    majorFaults: readI64(view, at.majorFaults),
  };
}

// RLIM_INFINITY is 2^64 - 1, which becomes 2^64 as a number.
function finite(limit: number): number {
  return limit < 2 ** 64 ? limit : Infinity;
}

/**
 * Builds a {@linkcode Libc} from what a runtime brings.
 *
 * @module
 */
import { CallContext, makeErrno } from "./call_context.ts";
import { failed, type Outcome, settledCall } from "./errno.ts";
import { fileCalls } from "./file_calls.ts";
import type { Libc } from "./libc.ts";
import type { Architecture } from "./linux.ts";
import { lockCalls } from "./lock_calls.ts";
import { memoryCalls } from "./memory_calls.ts";
import type { Native } from "./native.ts";
import { notifyCalls } from "./notify_calls.ts";
import { pathCalls } from "./path_calls.ts";
import { processCalls } from "./process_calls.ts";
import { descriptorCalls } from "./process_descriptors.ts";
import { SigbusGuard } from "./sigbus_guard.ts";

/** What a libc was made of; kept where its calls are replaced by others. */
interface Origin {
  readonly context: CallContext;
  readonly guard: SigbusGuard;
  readonly memoryViewer: Native["memoryViewer"];
}

const ORIGIN = Symbol("origin");

/** Builds the calls of this process. */
export function makeLibc(native: Native, architecture: Architecture): Libc {
  const context = new CallContext(native, architecture);
  const guard = new SigbusGuard(context);
  return build({ context, guard, memoryViewer: () => native.memoryViewer() });
}

/**
 * The same calls without views over memory, as in a runtime that allows none: mapped memory is
 * copied. Either libc may be given a mapping that the other made.
 *
 * @throws {TypeError} If {@linkcode makeLibc} did not build it.
 */
export function withoutViews(libc: Libc): Libc {
  const origin = originOf(libc);
  if (origin === undefined) {
    throw new TypeError("Cannot take views from libc: no runtime made it; pass a loaded one");
  }
  return build({ ...origin, memoryViewer: () => undefined });
}

/**
 * The same calls, with every rejection on another thread turned into a failure: who waits for a
 * sync must be told, and what a call holds must be let go.
 */
export function settlingLibc(libc: Libc): Libc {
  function settled<A extends unknown[]>(name: string, call: (...args: A) => Promise<Outcome>) {
    return (...args: A) => settledCall(name, () => call(...args));
  }
  return {
    ...libc,
    fallocateAsync: settled("fallocate", libc.fallocateAsync),
    pwriteAsync: settled("pwrite", libc.pwriteAsync),
    fsyncAsync: settled("fsync", libc.fsyncAsync),
    fdatasyncAsync: settled("fdatasync", libc.fdatasyncAsync),
    sendfileAsync: settled("sendfile", libc.sendfileAsync),
    msyncAsync: settled("msync", libc.msyncAsync),
    madviseAsync: settled("madvise", libc.madviseAsync),
    pollAsync: settled("poll", libc.pollAsync),
  };
}

/**
 * The same calls under the SIGBUS guard, which watches what they map until they unmap it: a page
 * that the file loses, and all behind it, become zeros instead of ending the process. The first
 * call installs, in this process and for good, a signal handler in machine code; any other SIGBUS
 * goes to the handler before it.
 *
 * @returns The calls; `mmap` fails with `ENOMEM` where the guard has no more room. `ENOSYS` if
 * there is no guard for the processor or libc; `EACCES` or `EPERM` if no memory may be made
 * executable.
 */
export function guardedLibc(libc: Libc): Outcome<Libc> {
  const origin = originOf(libc);
  if (origin === undefined) return makeErrno("ENOSYS", "sigbus guard");
  const { guard, context } = origin;
  const installed = guard.install();
  if (failed(installed)) return installed;
  const guarded: Libc = {
    ...libc,
    guard,
    mmap(descriptor, byteLength, how) {
      const mapping = libc.mmap(descriptor, byteLength, how);
      if (failed(mapping)) return mapping;
      const watched = guard.watch(mapping);
      if (failed(watched)) {
        libc.munmap(mapping);
        return watched;
      }
      context.opened.mappings.set(mapping, () => void guarded.munmap(mapping));
      return mapping;
    },
    munmap(mapping) {
      // Before the addresses can be mapped again.
      guard.forget(mapping);
      return libc.munmap(mapping);
    },
  };
  return guarded;
}

function originOf(libc: Libc & { readonly [ORIGIN]?: Origin }): Origin | undefined {
  return libc[ORIGIN];
}

function build(origin: Origin): Libc {
  const { context, memoryViewer } = origin;
  const paths = pathCalls(context);
  const files = fileCalls(context);
  const locks = lockCalls(context);
  const libc: Libc & { readonly [ORIGIN]: Origin } = {
    [ORIGIN]: origin,
    runtime: context.native.runtime,
    constants: context.constants,
    pageByteLength: context.pageByteLength,
    guard: undefined,
    ...paths,
    ...files,
    ...processCalls(context, { ...paths, ...files }),
    ...locks,
    ...descriptorCalls(context, { ...paths, ...files, ...locks }),
    ...memoryCalls(context, memoryViewer),
    ...notifyCalls(context),
  };
  return libc;
}

/**
 * How mapped memory is reached now, which depends on what Deno was granted: `"views"` over memory,
 * or `"copies"`, a call for each access; `undefined` if {@linkcode makeLibc} did not build it.
 */
export function mappingAccess(libc: Libc): "views" | "copies" | undefined {
  const origin = originOf(libc);
  if (origin === undefined) return undefined;
  return origin.memoryViewer() === undefined ? "copies" : "views";
}

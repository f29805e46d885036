/**
 * Builds a {@linkcode Libc} from what a runtime brings.
 *
 * @module
 */
import { CallContext } from "./call_context.ts";
import { type Outcome, settledCall } from "./errno.ts";
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

interface Origin {
  readonly context: CallContext;
  readonly guard: SigbusGuard;
}

const origins = new WeakMap<Libc, Origin>();
const viewers = new WeakMap<Libc, Native["memoryViewer"]>();

/**
 * Builds the calls of this process.
 *
 * @param native The runtime.
 * @param architecture The processor.
 * @returns The calls.
 */
export function makeLibc(native: Native, architecture: Architecture): Libc {
  const context = new CallContext(native, architecture);
  const origin = { context, guard: new SigbusGuard(context) };
  return build(origin, () => native.memoryViewer());
}

/**
 * Gives the same calls without views over memory, as a runtime has them that allows none: mapped memory is
 * copied.
 *
 * @param libc What {@linkcode makeLibc} built.
 * @returns The calls. Either may be given a mapping that the other made.
 * @throws {TypeError} If it was built elsewhere.
 */
export function withoutViews(libc: Libc): Libc {
  const origin = origins.get(libc);
  if (origin === undefined) {
    throw new TypeError("Cannot take views from libc: it is none of a runtime, pass a loaded one");
  }
  return build(origin, () => undefined);
}

/**
 * Gives the same calls, none of which rejects on another thread, also where a libc breaks its promise not to: whoever waits for a sync must
 * be told, and what a call holds must be let go.
 *
 * @param libc The calls.
 * @returns The calls; one that rejects counts as failed.
 */
export function settlingLibc(libc: Libc): Libc {
  function settled<A extends unknown[]>(name: string, call: (...args: A) => Promise<Outcome>) {
    return (...args: A) => settledCall(name, () => call(...args));
  }
  const settling: Libc = {
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
  const [origin, viewer] = [origins.get(libc), viewers.get(libc)];
  if (origin !== undefined) origins.set(settling, origin);
  if (viewer !== undefined) viewers.set(settling, viewer);
  return settling;
}

function build(origin: Origin, memoryViewer: Native["memoryViewer"]): Libc {
  const { context, guard } = origin;
  const paths = pathCalls(context);
  const files = fileCalls(context);
  const locks = lockCalls(context);

  const libc: Libc = {
    runtime: context.native.runtime,
    constants: context.constants,
    pageByteLength: context.pageByteLength,
    ...paths,
    ...files,
    ...processCalls(context, { ...paths, ...files }),
    ...locks,
    ...descriptorCalls(context, { ...paths, ...files, ...locks }),
    ...memoryCalls(context, memoryViewer, guard),
    ...notifyCalls(context),
  };
  origins.set(libc, origin);
  viewers.set(libc, memoryViewer);
  return libc;
}

/**
 * Tells how mapped memory is reached now; what Deno was granted can change it.
 *
 * @param libc The calls.
 * @returns `"views"` where a mapping is a view over memory, `"copies"` where each access is a call that copies; `undefined` for a libc
 * that {@linkcode makeLibc} did not build.
 */
export function mappingAccess(libc: Libc): "views" | "copies" | undefined {
  const memoryViewer = viewers.get(libc);
  if (memoryViewer === undefined) return undefined;
  return memoryViewer() === undefined ? "copies" : "views";
}

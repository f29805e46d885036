/**
 * Builds a {@linkcode Libc} from what a runtime brings.
 *
 * @module
 */
import { CallContext } from "./call_context.ts";
import { fileCalls } from "./file_calls.ts";
import type { Libc } from "./libc.ts";
import { type Architecture, linuxConstants } from "./linux.ts";
import { SYSTEM_CALLS } from "./linux_abi.ts";
import { lockCalls } from "./lock_calls.ts";
import { memoryCalls } from "./memory_calls.ts";
import type { Native } from "./native.ts";
import { notifyCalls } from "./notify_calls.ts";
import { pathCalls } from "./path_calls.ts";
import { processCalls } from "./process_calls.ts";

/**
 * Builds the calls of this process.
 *
 * @param native The runtime.
 * @param architecture The processor.
 * @returns The calls.
 */
export function makeLibc(native: Native, architecture: Architecture): Libc {
  const constants = linuxConstants(architecture);
  const context = new CallContext(native, constants, SYSTEM_CALLS[architecture]);
  const paths = pathCalls(context);
  const files = fileCalls(context);

  return {
    constants,
    pageByteLength: context.pageByteLength,
    ...paths,
    ...files,
    ...processCalls(context, { ...paths, ...files }),
    ...lockCalls(context),
    ...memoryCalls(context),
    ...notifyCalls(context),
  };
}

/**
 * What all calls share: how a failure becomes a value, how a path becomes bytes, and what keeps a
 * buffer alive while another thread uses it.
 *
 * @module
 */
import { Errno, failed, type Outcome, settledCall } from "./errno.ts";
import { errnoName, errnoNumber } from "./errno_names.ts";
import { type Architecture, type LinuxConstants, linuxConstants } from "./linux.ts";
import { SYSTEM_CALLS, type SystemCallNumbers } from "./linux_abi.ts";
import type { Native } from "./native.ts";
import { OpenDescriptors } from "./open_descriptors.ts";
import type { RawCalls } from "./symbols.ts";

// The kernel's PATH_MAX, which counts the NUL.
const MAX_PATH_BYTE_LENGTH = 4096;

/** A path as C wants it. Good until the next path is put into it. */
export class PathBuffer {
  readonly bytes: Uint8Array = new Uint8Array(MAX_PATH_BYTE_LENGTH);
  readonly #encoder = new TextEncoder();

  /**
   * Puts a path into the buffer; gives 0, `EINVAL` for a NUL or half a surrogate pair, or
   * `ENAMETOOLONG`.
   */
  put(path: string, syscall: string): Outcome {
    // A NUL would cut the path short, half a character would turn into U+FFFD: another file.
    if (path.includes("\0") || !path.isWellFormed()) return makeErrno("EINVAL", syscall);
    const { read, written } = this.#encoder.encodeInto(path, this.bytes);
    if (read < path.length || written >= MAX_PATH_BYTE_LENGTH) {
      return makeErrno("ENAMETOOLONG", syscall);
    }
    this.bytes[written] = 0;
    return 0;
  }
}

interface CallUnderWay {
  readonly syscall: string;
  readonly buffers: readonly (Uint8Array | null)[];
}

/** The environment of the calls of one runtime. */
export class CallContext {
  readonly calls: RawCalls;
  readonly native: Native;
  readonly architecture: Architecture;
  readonly constants: LinuxConstants;
  readonly numbers: SystemCallNumbers;
  readonly pageByteLength: number;
  /** For the path of a call, or the first of two. */
  readonly path: PathBuffer = new PathBuffer();
  /** For the second path of a call. */
  readonly secondPath: PathBuffer = new PathBuffer();
  /** What this program has open. */
  readonly opened: OpenDescriptors;
  // Keeps alive what another thread uses: the garbage collector does not know, nor does Deno tell
  // it.
  readonly #inUse = new Map<number, CallUnderWay>();
  #nextTicket = 0;

  constructor(native: Native, architecture: Architecture) {
    this.native = native;
    this.calls = native.calls;
    this.architecture = architecture;
    this.constants = linuxConstants(architecture);
    this.numbers = SYSTEM_CALLS[architecture];
    this.pageByteLength = native.calls.getpagesize();
    this.opened = new OpenDescriptors(this);
  }

  /** Makes a call, again as long as a signal interrupts it; negative means failure. */
  retried(syscall: string, call: () => number): Outcome {
    for (;;) {
      const result = call();
      if (result >= 0) return result;
      const failure = this.failure(syscall);
      if (failure.code !== "EINTR") return failure;
    }
  }

  /** Whether another thread is making a call of this name. */
  isUnderWay(syscall: string): boolean {
    return this.#inUse.values().some((call) => call.syscall === syscall);
  }

  /** Reads errno after a synchronous call failed. */
  failure(syscall: string): Errno {
    const errno = this.native.errno();
    return new Errno(errnoName(errno), errno, syscall);
  }

  /** Makes a call on another thread. Its errno stays there. Never throws and never rejects. */
  async settled(
    syscall: string,
    call: () => Promise<number>,
    ...buffers: readonly (Uint8Array | null)[]
  ): Promise<Outcome> {
    const ticket = this.#nextTicket++;
    this.#inUse.set(ticket, { syscall, buffers });
    const result = await settledCall(syscall, call);
    this.#inUse.delete(ticket);
    return failed(result) || result >= 0 ? result : new Errno("EUNKNOWN", 0, syscall);
  }
}

export function makeErrno(code: string, syscall: string): Errno {
  return new Errno(code, errnoNumber(code), syscall);
}

/**
 * Refuses what is not a safe integer: runtimes turn `NaN` into 0 and cut fractions off, and the
 * call would hit the wrong bytes.
 */
export function integer(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`Cannot pass ${value} to libc: it is not a safe integer`);
}

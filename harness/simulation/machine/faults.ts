/**
 * What ends a simulated process, and what no store may ever do.
 *
 * Neither is an `Errno`: a real process does not get to see them. A store that catches everything
 * cannot hide one, because the kernel notes it in `SimKernel.faults`.
 *
 * @module
 */
import process from "node:process";

/**
 * This process does not exist any more. Thrown by every call that a dead process still makes, since
 * JavaScript cannot be stopped in any other way.
 */
export class SimProcessDied extends Error {
  /** Name of the class. */
  override readonly name: string = "SimProcessDied";

  /**
   * Makes one.
   *
   * @param reason What killed it, for the trace.
   */
  constructor(reason: string) {
    super(`The simulated process is dead: ${reason}`);
  }
}

/** A signal killed the process: SIGBUS in mapped memory without a file behind it, or SIGXFSZ. */
export class SimSignal extends SimProcessDied {
  /** Name of the class. */
  override readonly name = "SimSignal";
}

/**
 * The process did what a real one gets away with until it does not: the contract of `Libc` is
 * broken.
 */
export class SimMisuse extends Error {
  /** Name of the class. */
  override readonly name = "SimMisuse";
}

/** Nothing can run any more, or nothing else ever will, and a promise is still open. */
export class SimStuck extends Error {
  /** Name of the class. */
  override readonly name = "SimStuck";
}

let tolerating = false;

/**
 * Lets promises that a dead process left behind be rejected without anybody listening. All other
 * rejections stay as fatal as they are.
 */
export function tolerateDeadProcesses(): void {
  if (tolerating) return;
  tolerating = true;
  process.on("unhandledRejection", (reason) => {
    if (!isDeath(reason)) throw reason;
  });
}

/**
 * Tells whether an error only says that its process had died.
 *
 * @param error What was thrown.
 * @returns `true` if it is a {@linkcode SimProcessDied}, or an error caused by one.
 */
export function isDeath(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SimProcessDied) return true;
  }
  return false;
}

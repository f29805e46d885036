/**
 * A clock that two processes share and that is finer than a millisecond.
 *
 * @module
 */

/**
 * Time since epoch, ms; what the wall clock said when the process started, and counted from there.
 */
export function machineTime(): number {
  return performance.timeOrigin + performance.now();
}

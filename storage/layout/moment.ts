/**
 * Moments as callers give them: ms since epoch, or a `Date`.
 *
 * @module
 */

/** Whether a value is a `Date` that holds a time, of this realm or another. */
export function isMoment(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]" &&
    typeof (value as Partial<Date>).getTime === "function" &&
    Number.isFinite((value as Date).getTime());
}

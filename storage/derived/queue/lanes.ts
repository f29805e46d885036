/**
 * Many small jobs, a few at a time.
 *
 * @module
 */

/** Jobs at once: each occupies a thread, and a file system puts syncs that wait together into one. */
const LANE_COUNT = 8;

/**
 * Does a job for each item, several at once, until one fails.
 *
 * @typeParam T What there is to do.
 * @typeParam F A failure.
 * @param items What there is to do.
 * @param work Does it for one item; gives a failure, or `undefined`. Must not reject.
 * @returns The first failure, after everything that was begun has ended; `undefined` if there was none.
 */
export async function inLanes<T, F>(
  items: Iterable<T>,
  work: (item: T) => Promise<F | undefined>,
): Promise<F | undefined> {
  const left = items[Symbol.iterator]();
  let failure: F | undefined;

  async function lane(): Promise<void> {
    for (let item = left.next(); !item.done; item = left.next()) {
      const failed = await work(item.value);
      failure ??= failed;
      if (failure !== undefined) return;
    }
  }
  await Promise.all(Array.from({ length: LANE_COUNT }, lane));
  return failure;
}

/**
 * The end of a job in the middle of a message.
 *
 * @module
 */
import type { Store } from "../../storage/mod.ts";

/** How long a message may go on once the job is to end. */
const STOP_MS = 500;

/**
 * Waits for the processing of a message, but not much longer than until the job is to end: it may never settle.
 *
 * @param work The processing. What becomes of it after its time is nobody's concern.
 * @param signal Ends the job.
 * @param timers Timers.
 * @returns What the processing gave.
 * @throws What it throws; once the signal has come, the signal's reason instead.
 */
export async function untilStopped<T>(
  work: Promise<T>,
  signal: AbortSignal,
  timers: Store["timers"],
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: ReturnType<typeof timers.after> | undefined;
  const stop = () => timer = timers.after(STOP_MS, () => reject(signal.reason));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", stop);
    timer?.cancel();
  }
}

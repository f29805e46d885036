/**
 * A signal that is listened to until something has ended.
 *
 * @module
 */

/** Calls back if a signal aborts; gives what ends that. */
export function watchSignal(
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): () => void {
  const listener = () => onAbort(signal?.reason);
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}

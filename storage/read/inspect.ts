/**
 * What `console.log()` shows of an object whose members are hidden, on all runtimes.
 *
 * @module
 */

/** Node's symbol, which Deno and Bun ask for too. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** What a runtime hands over to show what is inside, the way that its caller wants. */
export type Inspect = (value: unknown, options?: object) => string;

/** Bytes of a body that are shown as text. */
const SHOWN_BYTE_LENGTH = 256;

/** Bytes as people want to see them: text if they are, cut where it is long. */
export function bytesShown(bytes: Uint8Array): string | Uint8Array {
  const isLong = bytes.length > SHOWN_BYTE_LENGTH;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    // A character that is cut in two is left out.
    const text = decoder.decode(bytes.subarray(0, SHOWN_BYTE_LENGTH), { stream: isLong });
    return isLong ? `${text}… (${bytes.length} bytes)` : text;
  } catch (error) {
    if (error instanceof TypeError) return bytes;
    throw error;
  }
}

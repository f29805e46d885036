/**
 * UTF-8 text of a few bytes, the way names and properties of messages are.
 *
 * @module
 */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Above this many bytes the decoder is faster than the loop. */
const LOOP_LIMIT = 12;
const ASCII_END = 0x80;

/**
 * Decodes UTF-8. What is not UTF-8 becomes U+FFFD, as in Java.
 *
 * @param bytes The bytes.
 * @param from Where the text starts.
 * @param to Where it ends.
 * @returns The text.
 */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > LOOP_LIMIT) return decoder.decode(bytes.subarray(from, to));
  let text = "";
  for (let index = from; index < to; index++) {
    const byte = bytes[index];
    if (byte >= ASCII_END) return decoder.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Views whose memory is gone. Their length is 0, as an honest empty view's is, so that they would be taken for one.
 *
 * @module
 */

/**
 * Tells whether an empty view is empty because its buffer was transferred, or cut so that the view lies outside.
 *
 * @param view A view of length 0.
 * @returns Whether its bytes are gone.
 */
export function isDetached(view: Uint8Array): boolean {
  try {
    // Only a method looks: `length` says 0, and `buffer.detached` does not know a buffer that was cut.
    Uint8Array.prototype.at.call(view, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * Java's `String.hashCode()`, which RocketMQ puts on disk: as the tags code of a queue entry and, of
 * `topic#key`, as the key hash of an index entry.
 *
 * `h = 31 * h + unit` over the UTF-16 units, modulo 2^32, as a signed 32-bit integer.
 *
 * @module
 */

/** Beyond this many distinct strings the cache starts anew: tags are few, a stream of unique ones is not. */
const CACHE_LIMIT = 4096;
/** A longer string is hashed again rather than kept alive by the cache. */
const CACHED_LENGTH_LIMIT = 128;

const cache = new Map<string, number>();

/**
 * Computes the Java hash of a string.
 *
 * @param text The string.
 * @param seed The hash of what stands before `text`, to hash a concatenation without making it.
 * @returns The hash as a signed 32-bit integer.
 */
export function javaHash(text: string, seed = 0): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/**
 * Computes the Java hash of a string that is likely to come again, such as a tag.
 *
 * @param text The string.
 * @returns The hash as a signed 32-bit integer.
 */
export function cachedJavaHash(text: string): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const hash = javaHash(text);
  if (text.length > CACHED_LENGTH_LIMIT) return hash;
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, hash);
  return hash;
}

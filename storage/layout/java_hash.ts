/**
 * Java's `String.hashCode()`, which RocketMQ puts on disk: as the tags code of a queue entry and,
 * of `topic#key`, as the key hash of an index entry.
 *
 * `h = 31 * h + unit` over the UTF-16 units, modulo 2^32, as a signed 32-bit integer.
 *
 * @module
 */

/** Beyond this many strings the cache starts anew: tags are few, unique strings are not. */
const CACHE_LIMIT = 4096;
/** Longer strings are hashed each time. */
const CACHED_LENGTH_LIMIT = 128;

const cache = new Map<string, number>();

/** The Java hash of a part of a string; `seed` is the hash of what stands before it. */
export function javaHash(text: string, seed = 0, from = 0, to: number = text.length): number {
  let hash = seed | 0;
  for (let index = from; index < to; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** The Java hash of a string that is likely to come again, such as a tag. */
export function cachedJavaHash(text: string): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const hash = javaHash(text);
  if (text.length > CACHED_LENGTH_LIMIT) return hash;
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, hash);
  return hash;
}

/**
 * Codecs: how the values of a typed topic become bytes, and bytes values.
 *
 * @module
 */
import { showArgument } from "../../storage/mod.ts";

/**
 * How values become the bodies of messages. Two functions make one: see {@linkcode jsonCodec}.
 *
 * @typeParam T Values that can be encoded.
 * @typeParam Decoded Values that are decoded; where a schema looks at them they may be `unknown`.
 */
export interface Codec<T, Decoded = T> {
  /**
   * What the bytes are, as in `"application/json"`. It stands in a property of each message, and a
   * message that says something else is not decoded.
   */
  readonly contentType: string;
  /** Gives the body at once; a text is stored as UTF-8. Throws if it cannot. */
  readonly encode: (value: T) => Uint8Array | string;
  /** Gives the value of a body at once. Throws if it cannot. */
  readonly decode: (bytes: Uint8Array) => Decoded;
}

// As json() of a message does: U+FEFF may stand before JSON, and is a part of a text.
const jsonDecoder = new TextDecoder();
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true });
/** What a decoder puts where bytes are no UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * JSON: `JSON.stringify()` and `JSON.parse()`, the codec of a topic that names none.
 *
 * What has no JSON is refused: bigints, cycles, and `undefined`, a function or a symbol as the
 * whole value. What JSON changes is changed without a word: a `Date` into a text, `NaN` and
 * infinities into `null`, a `Map` into `{}`; members that are `undefined` or functions are left
 * out.
 *
 * @example A codec of another format
 * ```ts ignore
 * import { decode, encode } from "cborg";
 *
 * const cborCodec: Codec<unknown> = { contentType: "application/cbor", encode, decode };
 * ```
 *
 * @typeParam T Values that are written, and that are taken to be read; a schema proves it.
 * @returns The codec.
 */
export function jsonCodec<T = unknown>(): Codec<T> {
  return JSON_CODEC as Codec<T>;
}

const JSON_CODEC: Codec<unknown> = {
  contentType: "application/json",
  encode: toJson,
  decode: (bytes) => JSON.parse(decodeText(bytes, jsonDecoder)),
};

/** Texts as UTF-8. A lone surrogate, which UTF-8 cannot hold, is refused. */
export const textCodec: Codec<string> = {
  contentType: "text/plain; charset=utf-8",
  encode: checkedText,
  decode: (bytes) => decodeText(bytes, textDecoder),
};

/**
 * Bytes as they are. The bytes that are read may lie in one buffer with others, as
 * `StoredMessage.body` says.
 */
export const bytesCodec: Codec<Uint8Array> = {
  contentType: "application/octet-stream",
  encode: checkedBytes,
  decode: (bytes) => bytes,
};

/** Throws if bytes are no UTF-8, which would come out as another text than went in. */
function decodeText(bytes: Uint8Array, decoder: TextDecoder): string {
  const text = decoder.decode(bytes);
  // A decoder that throws is three times slower on Deno.
  if (text.includes(REPLACEMENT)) strictDecoder.decode(bytes);
  return text;
}

function toJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`Cannot encode value: ${showArgument(value)} has no JSON`);
  }
  return text;
}

function checkedText(value: string): string {
  if (typeof value !== "string") {
    throw new TypeError(`Cannot encode value: ${showArgument(value)} is not a text`);
  }
  if (!value.isWellFormed()) throw new TypeError("Cannot encode text: a surrogate in it is alone");
  return value;
}

function checkedBytes(value: Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`Cannot encode value: ${showArgument(value)} is not a Uint8Array`);
}

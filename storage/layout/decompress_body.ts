/**
 * Decompresses bodies by their sysFlag: zlib, zstd, and LZ4 frames if a codec is given (no runtime has one
 * built in).
 *
 * Reproduces `CompressorFactory` of RocketMQ 5.3.3, with the same reading of type 0: zlib, from old clients.
 *
 * @module
 */
import * as zlib from "node:zlib";
import {
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_LZ4,
  FLAG_COMPRESSION_MASK,
  FLAG_COMPRESSION_ZLIB,
  FLAG_COMPRESSION_ZSTD,
} from "./message_record.ts";

/** Decompresses one LZ4 frame. */
export type Lz4Codec = (frame: Uint8Array) => Uint8Array;

/** Options of {@linkcode decompressBody}. */
export interface DecompressOptions {
  /** Decompresses LZ4 frames. Default: none, they stay as they are. */
  readonly lz4?: Lz4Codec;
  /** Most bytes that a body may grow to. Default: 64 MiB. */
  readonly maxByteLength?: number;
}

/** A body with the sysFlag that fits it. */
export interface DecompressedBody {
  /** The body: decompressed, or as it was. */
  readonly body: Uint8Array;
  /** The sysFlag, without its lowest bit unless the body is still compressed. The codec stays: so a consumer of RocketMQ sees it. */
  readonly sysFlag: number;
  /** Why the body is still compressed, or `undefined` if it is not. */
  readonly reason: "codec" | "damaged" | undefined;
}

const MAX_BYTE_LENGTH_DEFAULT = 64 * 1024 * 1024;

type Decompress = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

function codecFor(sysFlag: number, lz4: Lz4Codec | undefined): Decompress | undefined {
  switch (sysFlag & FLAG_COMPRESSION_MASK) {
    case 0:
    case FLAG_COMPRESSION_ZLIB:
      return zlib.inflateSync;
    case FLAG_COMPRESSION_ZSTD:
      // Node before 22.15 has no zstd; a named import would keep the whole library from loading there.
      return (zlib as { readonly zstdDecompressSync?: Decompress }).zstdDecompressSync;
    case FLAG_COMPRESSION_LZ4:
      return lz4;
    default:
      return undefined;
  }
}

/**
 * Decompresses a body. Never throws: a body that cannot be decompressed is handed out as it is, with its
 * flag and the reason.
 *
 * @param body The stored body.
 * @param sysFlag The record's sysFlag.
 * @param options See {@linkcode DecompressOptions}.
 * @returns The body with the sysFlag that fits it.
 */
export function decompressBody(
  body: Uint8Array,
  sysFlag: number,
  options: DecompressOptions = {},
): DecompressedBody {
  if ((sysFlag & FLAG_COMPRESSED) === 0) return { body, sysFlag, reason: undefined };
  const decompress = codecFor(sysFlag, options.lz4);
  if (decompress === undefined) return { body, sysFlag, reason: "codec" };
  const maxOutputLength = options.maxByteLength ?? MAX_BYTE_LENGTH_DEFAULT;
  let plain: Uint8Array;
  try {
    plain = decompress(body, { maxOutputLength });
  } catch {
    // What a client sent is not ours to judge: the stored bytes are still what it stored.
    return { body, sysFlag, reason: "damaged" };
  }
  if (plain.length > maxOutputLength) return { body, sysFlag, reason: "damaged" };
  const plainFlag = sysFlag & ~FLAG_COMPRESSED;
  // A Buffer's slice() is a view, a Uint8Array's is a copy: callers were promised the latter.
  const plainBody = new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
  return { body: plainBody, sysFlag: plainFlag, reason: undefined };
}

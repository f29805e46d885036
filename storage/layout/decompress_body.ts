/**
 * Decompresses bodies by their sysFlag: zlib and zstd. No runtime has LZ4 built in.
 *
 * Reproduces `CompressorFactory` of RocketMQ 5.3.3, with the same reading of type 0: zlib, from old
 * clients.
 *
 * @module
 */
import * as zlib from "node:zlib";
import {
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_MASK,
  FLAG_COMPRESSION_ZLIB,
  FLAG_COMPRESSION_ZSTD,
} from "./message_record.ts";

/** A body with the sysFlag that fits it. */
export interface StoredBody {
  readonly body: Uint8Array;
  readonly sysFlag: number;
}

/** The same, as far as it could be decompressed. */
export interface DecompressedBody extends StoredBody {
  /** Without its lowest bit if decompressed. The codec stays: RocketMQ's consumers see it so. */
  readonly sysFlag: number;
}

const MAX_BYTE_LENGTH_DEFAULT = 64 * 1024 * 1024;

type Decompress = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

function codecFor(sysFlag: number): Decompress | undefined {
  switch (sysFlag & FLAG_COMPRESSION_MASK) {
    case 0:
    case FLAG_COMPRESSION_ZLIB:
      return zlib.inflateSync;
    case FLAG_COMPRESSION_ZSTD:
      // Node before 22.15 has no zstd; with a named import the library would not load there.
      return (zlib as { readonly zstdDecompressSync?: Decompress }).zstdDecompressSync;
    default:
      return undefined;
  }
}

/**
 * Decompresses a body of at most `maxOutputLength` bytes. Never throws: what cannot be decompressed
 * is handed out as it is, with its flag.
 */
export function decompressBody(
  body: Uint8Array,
  sysFlag: number,
  maxOutputLength: number = MAX_BYTE_LENGTH_DEFAULT,
): DecompressedBody {
  const asStored = { body, sysFlag };
  const decompress = (sysFlag & FLAG_COMPRESSED) === 0 ? undefined : codecFor(sysFlag);
  if (decompress === undefined) return asStored;
  let plain: Uint8Array;
  try {
    plain = decompress(body, { maxOutputLength });
  } catch {
    // The stored bytes are still what a client sent.
    return asStored;
  }
  if (plain.length > maxOutputLength) return asStored;
  // A Buffer's slice() is a view, a Uint8Array's is a copy: callers were promised the latter.
  const plainBody = new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
  return { body: plainBody, sysFlag: sysFlag & ~FLAG_COMPRESSED };
}

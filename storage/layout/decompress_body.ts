/**
 * Decompresses bodies by their sysFlag: zlib and zstd as the runtime does, LZ4 by a codec that is
 * provided, since no runtime has it built in.
 *
 * Reproduces `CompressorFactory` of RocketMQ 5.3.3, with the same reading of type 0: zlib, from old
 * clients.
 *
 * @module
 */
import * as zlib from "node:zlib";
import { lz4ContentLengthMax } from "./lz4_frame.ts";
import {
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_LZ4,
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

/** Decompresses LZ4 frames, or tells what to do to have something that does. */
type Lz4 = ((frame: Uint8Array) => Uint8Array) | string;

let lz4: Lz4 = "open a store first, which looks for a codec";

/** Says how LZ4 frames are decompressed in this process. */
export function provideLz4(codec: Lz4): void {
  lz4 = codec;
}

/** What is the matter with a body that was not decompressed, and what to do. */
export function stillCompressed(sysFlag: number): string {
  if ((sysFlag & FLAG_COMPRESSION_MASK) === FLAG_COMPRESSION_LZ4 && typeof lz4 === "string") {
    return `it is compressed by LZ4: ${lz4}`;
  }
  if (codecFor(sysFlag) === undefined) {
    return "it is compressed in a way that this runtime does not know";
  }
  const most = MAX_BYTE_LENGTH_DEFAULT / 1024 / 1024;
  return `what was compressed is damaged, or longer than ${most} MiB`;
}

function codecFor(sysFlag: number): Decompress | undefined {
  switch (sysFlag & FLAG_COMPRESSION_MASK) {
    case 0:
    case FLAG_COMPRESSION_ZLIB:
      return zlib.inflateSync;
    case FLAG_COMPRESSION_LZ4:
      return typeof lz4 === "string" ? undefined : decompressLz4;
    case FLAG_COMPRESSION_ZSTD:
      // Node before 22.15 has no zstd; with a named import the library would not load there.
      return (zlib as { readonly zstdDecompressSync?: Decompress }).zstdDecompressSync;
    default:
      return undefined;
  }
}

/** The codec knows no limit, so the frame is looked at before. */
function decompressLz4(
  body: Uint8Array,
  { maxOutputLength }: { readonly maxOutputLength: number },
): Uint8Array {
  const most = lz4ContentLengthMax(body);
  // As the runtime's codecs do; the caller hands out what was stored.
  if (most === undefined) throw new Error("Cannot decompress body: it is not one whole LZ4 frame");
  if (most > maxOutputLength) throw new Error("Cannot decompress body: it may get too long");
  // What an addon gives is memory of its own, which may not be transferred.
  return new Uint8Array((lz4 as Exclude<Lz4, string>)(body));
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

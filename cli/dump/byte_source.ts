/**
 * The bytes of a file, read piece by piece, so that a segment may be a gigabyte long.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CommandError } from "../cli_error.ts";
import { type FileBytes, SegmentReader, wholeFile } from "../../storage/log/mod.ts";

/** Bytes that can be read in any order. */
export interface ByteSource extends FileBytes {
  /** Lends bytes until the next call; fewer at the end. */
  bytes(offset: number, byteLength: number): Uint8Array;
}

/** Opens a regular file, or throws. */
export function openSource(path: string): ByteSource {
  const descriptor = openSync(path, "r");
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    throw new CommandError(
      `Cannot dump ${JSON.stringify(path)}: it is no regular file; name the files in it`,
    );
  }
  const file: FileBytes = {
    path,
    byteLength: status.size,
    read: (offset, target) => readUpTo(descriptor, offset, target),
    close: () => closeSync(descriptor),
  };
  const reader = new SegmentReader(wholeFile(file));
  return { ...file, bytes: (offset, byteLength) => reader.lend(offset, byteLength) };
}

function readUpTo(descriptor: number, offset: number, target: Uint8Array): number {
  let done = 0;
  while (done < target.length) {
    const count = readSync(descriptor, target, done, target.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

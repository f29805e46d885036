/**
 * `getdents64`: the names in a directory.
 *
 * @module
 */
import type { CallContext } from "./call_context.ts";
import { failed, type Outcome } from "./errno.ts";
import { fileKind } from "./file_status.ts";
import type { Descriptor, DirectoryEntry } from "./libc.ts";
import { SEEK_SET } from "./linux_abi.ts";
import { DIRENT64 } from "./linux_structs.ts";

// Room for some hundred names a call.
const BUFFER_BYTE_LENGTH = 32 * 1024;

/** Lists a directory from its beginning. */
export function readDirectory(
  context: CallContext,
  descriptor: Descriptor,
): Outcome<DirectoryEntry[]> {
  const { calls, numbers } = context;
  const start = context.retried("lseek", () => calls.lseek(descriptor, 0, SEEK_SET));
  if (failed(start)) return start;

  const bytes = new Uint8Array(BUFFER_BYTE_LENGTH);
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const count = context.retried(
      "getdents64",
      () => calls.getdents64(numbers.getdents64, descriptor, bytes, bytes.length),
    );
    if (failed(count)) return count;
    if (count === 0) return entries;
    decodeEntries(bytes.subarray(0, count), entries);
  }
}

function decodeEntries(bytes: Uint8Array, entries: DirectoryEntry[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder();

  for (let start = 0; start < bytes.length;) {
    const end = start + view.getUint16(start + DIRENT64.at.recordBytes, true);
    const nameStart = start + DIRENT64.at.name;
    const name = decoder.decode(bytes.subarray(nameStart, bytes.indexOf(0, nameStart)));
    if (name !== "." && name !== "..") {
      entries.push({ name, kind: fileKind(view.getUint8(start + DIRENT64.at.type)) });
    }
    start = end;
  }
}

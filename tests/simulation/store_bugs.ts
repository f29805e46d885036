/**
 * Bugs to plant under the real store: a libc that leaves out what the store relies on. Each stands for a line of the
 * store that somebody forgot.
 *
 * @module
 */
import { type Descriptor, failed, type Libc, type OpenHow } from "../../ffi/mod.ts";
import { decodeMetaSlot, encodeMetaSlot } from "../../storage/layout/mod.ts";

/** What can be wrong. */
export type StoreBug =
  | "no-segment-sync"
  | "no-directory-sync"
  | "no-zero-tail"
  | "early-flush"
  | "mark-ahead";

/** Makes a libc with a bug of a sound one. */
export const STORE_BUGS: Readonly<Record<StoreBug, (libc: Libc) => Libc>> = {
  "no-segment-sync": (libc) => {
    const opened = new OpenedPaths(libc);
    return {
      ...opened.libc,
      fdatasyncAsync: (descriptor) =>
        opened.isSegment(descriptor) ? Promise.resolve(0) : libc.fdatasyncAsync(descriptor),
      msyncAsync: () => Promise.resolve(0),
    };
  },
  "no-directory-sync": (libc) => {
    const opened = new OpenedPaths(libc);
    return {
      ...opened.libc,
      fsync: (descriptor) => opened.isDirectory(descriptor) ? 0 : libc.fsync(descriptor),
      fsyncAsync: (descriptor) =>
        opened.isDirectory(descriptor) ? Promise.resolve(0) : libc.fsyncAsync(descriptor),
    };
  },
  "no-zero-tail": (libc) => ({
    ...libc,
    fallocate: (descriptor, mode, position, byteLength) =>
      mode === libc.constants.FALLOC_FL_ZERO_RANGE
        ? 0
        : libc.fallocate(descriptor, mode, position, byteLength),
  }),
  "early-flush": (libc) => ({
    ...libc,
    fdatasyncAsync: (descriptor) => {
      libc.fdatasyncAsync(descriptor);
      return Promise.resolve(0);
    },
    msyncAsync: (mapping, offset, byteLength) => {
      libc.msyncAsync(mapping, offset, byteLength);
      return Promise.resolve(0);
    },
  }),
  "mark-ahead": (libc) => ({
    ...libc,
    pwrite: (descriptor, source, position) =>
      libc.pwrite(descriptor, withMarkAhead(source), position),
  }),
};

const MARK_LEAD_BYTE_LENGTH = 64;

/** Remembers what was opened under which descriptor. */
class OpenedPaths {
  readonly libc: Libc;
  readonly #opened = new Map<Descriptor, { readonly path: string; readonly how: OpenHow }>();
  readonly #directoryFlag: number;

  constructor(libc: Libc) {
    this.#directoryFlag = libc.constants.O_DIRECTORY;
    this.libc = {
      ...libc,
      openat2: (directory, path, how) => {
        const descriptor = libc.openat2(directory, path, how);
        if (!failed(descriptor)) this.#opened.set(descriptor, { path, how });
        return descriptor;
      },
    };
  }

  isSegment(descriptor: Descriptor): boolean {
    return /^commitlog\/|^streambed\/next-/.test(this.#opened.get(descriptor)?.path ?? "");
  }

  isDirectory(descriptor: Descriptor): boolean {
    return ((this.#opened.get(descriptor)?.how.flags ?? 0) & this.#directoryFlag) !== 0;
  }
}

function withMarkAhead(source: Uint8Array): Uint8Array {
  const meta = decodeMetaSlot(source);
  if (meta === undefined || meta.state !== "open") return source;
  return encodeMetaSlot({ ...meta, mark: meta.mark + MARK_LEAD_BYTE_LENGTH });
}

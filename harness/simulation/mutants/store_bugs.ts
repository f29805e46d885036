/**
 * Bugs to plant under the real store: a libc that leaves out what the store relies on. Each stands
 * for a line of the store that somebody forgot.
 *
 * @module
 */
import { type Descriptor, Errno, failed, type Libc, type OpenHow } from "../../../ffi/mod.ts";
import {
  decodeMetaSlot,
  encodeMetaSlot,
  MAGIC_V1,
  MAGIC_V2,
  RECORD_BYTE_LENGTH_MIN,
} from "../../../storage/layout/mod.ts";

/** What can be wrong. */
export type StoreBug =
  | "no-segment-sync"
  | "no-directory-sync"
  | "no-zero-tail"
  | "false-holes"
  | "early-flush"
  | "mark-ahead"
  | "group-word-first"
  | "sparse-segment"
  | "retried-sync"
  | "trusted-cache"
  | "no-lock"
  | "offsets-unsynced"
  | "one-boot"
  | "one-mount"
  | "one-meta-slot"
  | "reused-buffer";

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
  "false-holes": (libc) => ({
    ...libc,
    seek: (_descriptor, _position, to) => new Errno("ENXIO", 6, `lseek ${to}`),
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
  "group-word-first": (libc) => {
    const opened = new OpenedPaths(libc);
    return {
      ...opened.libc,
      pwrite: (descriptor, source, position) => {
        const word = opened.isSegment(descriptor) ? hiddenWord(source) : undefined;
        if (word !== undefined) libc.pwrite(descriptor, word, position - word.length);
        return libc.pwrite(descriptor, source, position);
      },
    };
  },
  "sparse-segment": (libc) => ({
    ...libc,
    fallocateAsync: (descriptor, mode, position, byteLength) =>
      mode === 0
        ? Promise.resolve(libc.ftruncate(descriptor, position + byteLength))
        : libc.fallocateAsync(descriptor, mode, position, byteLength),
  }),
  "retried-sync": (libc) => ({
    ...libc,
    fdatasyncAsync: async (descriptor) => {
      const synced = await libc.fdatasyncAsync(descriptor);
      return failed(synced) ? await libc.fdatasyncAsync(descriptor) : synced;
    },
    msyncAsync: async (mapping, offset, byteLength) => {
      const synced = await libc.msyncAsync(mapping, offset, byteLength);
      return failed(synced) ? await libc.msyncAsync(mapping, offset, byteLength) : synced;
    },
  }),
  "trusted-cache": (libc) => ({
    ...libc,
    pwrite: (descriptor, source, position) => {
      const there = new Uint8Array(source.length);
      const count = libc.pread(descriptor, there, position);
      const isThere = count === source.length && there.every((byte, at) => byte === source[at]);
      return isThere ? source.length : libc.pwrite(descriptor, source, position);
    },
  }),
  "no-lock": (libc) => ({ ...libc, lockRange: () => 0 }),
  "offsets-unsynced": (libc) => withoutFileSync(libc, /^streambed\/temporary-/),
  "one-boot": (libc) => ({ ...libc, bootId: () => "0".repeat(31) + "1" }),
  "one-mount": (libc) => ({
    ...libc,
    statx: (directory, path) => {
      const status = libc.statx(directory, path);
      return failed(status) ? status : { ...status, mountId: "0".repeat(15) + "1" };
    },
  }),
  "one-meta-slot": (libc) => ({
    ...libc,
    pwrite: (descriptor, source, position) =>
      libc.pwrite(descriptor, source, decodeMetaSlot(source) === undefined ? position : 0),
  }),
  "reused-buffer": (libc) => {
    const opened = new OpenedPaths(libc);
    return {
      ...opened.libc,
      pwrite: (descriptor, source, position) => {
        if (!opened.isSegment(descriptor)) return libc.pwrite(descriptor, source, position);
        libc.pwriteAsync(descriptor, source, position);
        return source.length;
      },
    };
  },
};

const MARK_LEAD_BYTE_LENGTH = 64;
const SIZE_WORD_BYTE_LENGTH = 4;

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
    return this.isNamed(descriptor, /^commitlog\/|^streambed\/next-/);
  }

  isNamed(descriptor: Descriptor, name: RegExp): boolean {
    return name.test(this.#opened.get(descriptor)?.path ?? "");
  }

  isDirectory(descriptor: Descriptor): boolean {
    return ((this.#opened.get(descriptor)?.how.flags ?? 0) & this.#directoryFlag) !== 0;
  }
}

function withoutFileSync(libc: Libc, name: RegExp): Libc {
  const opened = new OpenedPaths(libc);
  return {
    ...opened.libc,
    fsyncAsync: (descriptor) =>
      opened.isNamed(descriptor, name) ? Promise.resolve(0) : libc.fsyncAsync(descriptor),
  };
}

/**
 * The size word before what is written: a group is written from its magic number on, and the word
 * lies before it in the buffer.
 */
function hiddenWord(source: Uint8Array): Uint8Array | undefined {
  if (source.length < RECORD_BYTE_LENGTH_MIN || source.byteOffset < SIZE_WORD_BYTE_LENGTH) {
    return undefined;
  }
  const magic = new DataView(source.buffer, source.byteOffset).getInt32(0);
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return undefined;
  return new Uint8Array(
    source.buffer,
    source.byteOffset - SIZE_WORD_BYTE_LENGTH,
    SIZE_WORD_BYTE_LENGTH,
  );
}

function withMarkAhead(source: Uint8Array): Uint8Array {
  const meta = decodeMetaSlot(source);
  if (meta === undefined || meta.state !== "open") return source;
  return encodeMetaSlot({ ...meta, mark: meta.mark + MARK_LEAD_BYTE_LENGTH });
}

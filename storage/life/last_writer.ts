/**
 * Who wrote to the directory last, and what that means for the end of the log.
 *
 * @module
 */
import { failed, type Libc } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import {
  ABORT_WORD,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../layout/mod.ts";
import type { TailRule } from "../log/mod.ts";

/** The machine and the mount as they are now. */
export type CacheIdentity = Pick<StreambedMeta, "bootId" | "mountId">;

/** What is known of the last writer: its mark, 0 if unknown, and the ranges that we wrote. */
export interface LastWriter extends Pick<StreambedMeta, "mark" | "ranges"> {
  /** How the end of the log is judged. */
  readonly rule: TailRule;
  /** Whether there is no `abort`: unless a writer is at work, the last one closed in order. */
  readonly isClosed: boolean;
}

/**
 * What `abort` holds while our writer has the store open. RocketMQ writes its process id there, and
 * reads nothing but whether the file exists.
 */
export function abortSignature(meta: Pick<StreambedMeta, "storeId" | "epoch">): string {
  return `${ABORT_WORD} ${meta.storeId} ${meta.epoch}`;
}

/** Identifies the page cache: boot and mount. */
export function cacheIdentity(directory: StoreDirectory): CacheIdentity {
  return { bootId: bootUuid(directory.libc), mountId: mountIdOf(directory) };
}

/** A log on several file systems has the same page cache only if all of them are the same. */
function mountIdOf({ libc, descriptor, logHomes }: StoreDirectory): string {
  const descriptors = [descriptor, ...logHomes.map((home) => home.descriptor)];
  const ids = new Set(descriptors.map((one) => {
    const status = libc.statx(one, "");
    return failed(status) || status.mountId === "" ? UNKNOWN_MOUNT_ID : status.mountId;
  }));
  if (ids.has(UNKNOWN_MOUNT_ID)) return UNKNOWN_MOUNT_ID;
  return [...ids].reduce(mixIds);
}

/** Mixes two ids into one of 16 hexadecimal digits. */
function mixIds(one: string, other: string): string {
  const half = (at: number) =>
    (parseInt(one.slice(at, at + 8), 16) ^ parseInt(other.slice(at, at + 8), 16)) >>> 0;
  return [0, 8].map((at) => half(at).toString(16).padStart(8, "0")).join("");
}

/** Finds out who wrote last, from `streambed/meta`, `abort`, and the boot and mount of now. */
export function findLastWriter(
  meta: StreambedMeta | undefined,
  abort: string | undefined,
  now: CacheIdentity,
): LastWriter {
  const isClosed = abort === undefined;
  if (meta === undefined) return { rule: "foreign", mark: 0, ranges: [], isClosed };
  const { mark, ranges } = meta;
  const isOurs = meta.state === "open" && abort === abortSignature(meta);
  if (!isOurs) return { rule: "foreign", mark, ranges, isClosed };
  const isSameCache = meta.bootId !== UNKNOWN_BOOT_ID && meta.mountId !== UNKNOWN_MOUNT_ID &&
    meta.bootId === now.bootId && meta.mountId === now.mountId;
  return { rule: isSameCache ? "same-cache" : "power-cut", mark, ranges, isClosed };
}

function bootUuid(libc: Libc): string {
  const bootId = libc.bootId();
  if (failed(bootId)) return UNKNOWN_BOOT_ID;
  const digits = bootId.replaceAll("-", "").toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

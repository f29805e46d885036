/**
 * Who wrote to the directory last, and what that means for the end of the log.
 *
 * @module
 */
import { failed, type Libc } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import {
  ABORT_WORD,
  isInRanges,
  type LogRange,
  OPEN_END,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../layout/mod.ts";
import type { TailRule } from "../log/mod.ts";

/** The machine and the mount as they are now. */
export interface CacheIdentity {
  /** Boot, a UUID; {@linkcode UNKNOWN_BOOT_ID} where it is not known. */
  readonly bootId: string;
  /** Unique mount id, 16 hexadecimal digits; {@linkcode UNKNOWN_MOUNT_ID} where it is not known. */
  readonly mountId: string;
}

/** What is known of the last writer. */
export interface LastWriter {
  /** How the end of the log is judged. */
  readonly rule: TailRule;
  /** Position below which all was flushed; 0 if nobody says so. */
  readonly mark: number;
  /** Ranges that Streambed wrote. */
  readonly ranges: readonly LogRange[];
}

/**
 * What `abort` holds while our writer has the store open. RocketMQ writes its process id there, and reads
 * nothing but whether the file exists.
 *
 * @param meta The writer's own record.
 * @returns The text.
 */
export function abortSignature(meta: Pick<StreambedMeta, "storeId" | "epoch">): string {
  return `${ABORT_WORD} ${meta.storeId} ${meta.epoch}`;
}

/**
 * Asks the kernel which page cache this is.
 *
 * @param directory The store's directory.
 * @returns Boot and mount.
 */
export function cacheIdentity(directory: StoreDirectory): CacheIdentity {
  return { bootId: bootUuid(directory.libc), mountId: mountIdOf(directory) };
}

/** Where the log lies on file systems of its own, the page cache is the same only if all of them are. */
function mountIdOf({ libc, descriptor, logHomes }: StoreDirectory): string {
  const descriptors = [descriptor, ...logHomes.map((home) => home.descriptor)];
  const ids = new Set(descriptors.map((one) => {
    const status = libc.statx(one, "");
    return failed(status) || status.mountId === "" ? UNKNOWN_MOUNT_ID : status.mountId;
  }));
  if (ids.has(UNKNOWN_MOUNT_ID)) return UNKNOWN_MOUNT_ID;
  const [first, ...others] = ids;
  return others.reduce(mixIds, first);
}

/** One id of two: 16 hexadecimal digits, others if one of the two is another. */
function mixIds(one: string, other: string): string {
  const half = (at: number) =>
    (parseInt(one.slice(at, at + 8), 16) ^ parseInt(other.slice(at, at + 8), 16)) >>> 0;
  return [0, 8].map((at) => half(at).toString(16).padStart(8, "0")).join("");
}

/**
 * Finds out who wrote last.
 *
 * @param meta What `streambed/meta` says, if it is there.
 * @param abort What `abort` holds, if it is there.
 * @param now Boot and mount as they are now.
 * @returns What is known.
 */
export function findLastWriter(
  meta: StreambedMeta | undefined,
  abort: string | undefined,
  now: CacheIdentity,
): LastWriter {
  if (meta === undefined) return { rule: "foreign", mark: 0, ranges: [] };
  const { mark, ranges } = meta;
  const isOurs = meta.state === "open" && abort === abortSignature(meta);
  if (!isOurs) return { rule: "foreign", mark, ranges };
  const isSameCache = meta.bootId !== UNKNOWN_BOOT_ID && meta.mountId !== UNKNOWN_MOUNT_ID &&
    meta.bootId === now.bootId && meta.mountId === now.mountId;
  return { rule: isSameCache ? "same-cache" : "power-cut", mark, ranges };
}

/**
 * Whether the record at a position must carry the whole-record CRC. Where somebody else wrote after a writer of ours had
 * died, its range has no end yet: above the mark the first record without the CRC ends it.
 *
 * @param writer What is known of the last writer.
 * @returns A test for positions.
 */
export function crcRule(writer: LastWriter): (position: number) => boolean {
  const { ranges, mark, rule } = writer;
  if (ranges.length === 0) return () => false;
  const isOpenEnded = ranges.at(-1)!.to === OPEN_END;
  if (rule !== "foreign" || !isOpenEnded) return (position) => isInRanges(ranges, position);
  return (position) => position < mark && isInRanges(ranges, position);
}

function bootUuid(libc: Libc): string {
  const bootId = libc.bootId();
  if (failed(bootId)) return UNKNOWN_BOOT_ID;
  const digits = bootId.replaceAll("-", "").toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

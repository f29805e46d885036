/**
 * The head of a backup: what the file holds, before the bytes of the log.
 *
 * Big-endian. After the fields come the manifest (UTF-8 JSON, `manifestByteLength` bytes) and an
 * i32, the CRC-32 (all 32 bits) of everything before it. Then follow the small files that the
 * manifest lists, and the bytes of the log from the manifest's `from` to its `to`, as they stand in
 * the segments, and nothing else. Version 1 has no files.
 *
 * | offset | bytes | type   | field              | meaning                                    |
 * | -----: | ----: | ------ | ------------------ | ------------------------------------------ |
 * |      0 |     8 | bytes8 | magic              | the letters SBBACKUP                       |
 * |      8 |     4 | i32    | formatVersion      | 2                                          |
 * |     12 |     4 | i32    | manifestByteLength | bytes of the manifest that follows         |
 *
 * RocketMQ has no such file.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { WHOLE_FILE_BYTE_LENGTH_MAX } from "../directory/mod.ts";
import { foreignFormat, unsupportedVersion } from "../errors.ts";
import { defineLayout, type Layout, type LogRange } from "../layout/mod.ts";
import type { Geometry } from "../types.ts";
import { isCarriedPath } from "./carried_files.ts";

type BackupHeaderField = "magic" | "formatVersion" | "manifestByteLength";

export const BACKUP_HEADER: Layout<BackupHeaderField> = defineLayout({
  magic: "bytes8",
  formatVersion: "i32",
  manifestByteLength: "i32",
});

export const BACKUP_MAGIC = "SBBACKUP";
/** The version that this library writes; it reads all from 1 on. */
const BACKUP_FORMAT_VERSION = 2;
/** The longest head that is read: a manifest is some kilobytes long. */
export const BACKUP_HEAD_BYTE_LENGTH_MAX: number = 1024 * 1024;

const AT = BACKUP_HEADER.offsets;
const CRC_BYTE_LENGTH = 4;
const FILE_COUNT_MAX = 1000;
const encoder = new TextEncoder();

export interface CarriedFile {
  /** Below the root. */
  readonly path: string;
  readonly byteLength: number;
  /** All 32 bits of it. */
  readonly crc: number;
}

export interface BackupManifest {
  /** The start of a segment. */
  readonly from: number;
  /** The end of a record, or of a segment. */
  readonly to: number;
  readonly geometry: Geometry;
  /** Numbers of it that nothing told when the backup was made. */
  readonly assumed: readonly (keyof Geometry)[];
  /** `undefined` for a log that only RocketMQ wrote. */
  readonly storeId: string | undefined;
  /** Where every record carries its checksum, none of them open. */
  readonly ranges: readonly LogRange[];
  /** In the order of their bytes; none in version 1. */
  readonly files: readonly CarriedFile[];
  /** Names below the root that are neither in it nor rebuilt from the log. */
  readonly leftOut: readonly string[];
}

/** As the file has it: the longest body keeps its name of format version 1. */
type StoredGeometry = Omit<Geometry, "maxBodyByteLength"> & {
  readonly maxMessageByteLength: number;
};

export interface BackupHead {
  readonly manifest: BackupManifest;
  /** Where in the file the bytes of the small files start. */
  readonly filesAt: number;
  /** Where in the file the bytes of the log start. */
  readonly byteLength: number;
}

/** Encodes everything before the bytes of the small files. */
export function encodeBackupHead(manifest: BackupManifest): Uint8Array {
  const { maxBodyByteLength, ...rest } = manifest.geometry;
  const geometry: StoredGeometry = { ...rest, maxMessageByteLength: maxBodyByteLength };
  // An older release passes over a member that it does not know.
  const assumed = manifest.assumed.length === 0 ? undefined : manifest.assumed;
  const json = encoder.encode(JSON.stringify({ ...manifest, geometry, assumed }));
  const bytes = new Uint8Array(BACKUP_HEADER.byteLength + json.length + CRC_BYTE_LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(encoder.encode(BACKUP_MAGIC), AT.magic);
  view.setInt32(AT.formatVersion, BACKUP_FORMAT_VERSION);
  view.setInt32(AT.manifestByteLength, json.length);
  bytes.set(json, BACKUP_HEADER.byteLength);
  const crcAt = BACKUP_HEADER.byteLength + json.length;
  view.setInt32(crcAt, crc32(bytes.subarray(0, crcAt)));
  return bytes;
}

/**
 * Decodes the head of a backup; `undefined` if it is damaged.
 *
 * @param bytes The first bytes of the file, at least the whole head.
 * @param path Path of the file, for messages.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If it is not a backup, or one of a newer release.
 */
export function decodeBackupHead(bytes: Uint8Array, path: string): BackupHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isBackup = bytes.length >= BACKUP_HEADER.byteLength &&
    encoder.encode(BACKUP_MAGIC).every((byte, index) => bytes[AT.magic + index] === byte);
  if (!isBackup) {
    throw foreignFormat(path, "no backup", "name a file that streambed backup made");
  }
  const version = view.getInt32(AT.formatVersion);
  if (version < 1 || version > BACKUP_FORMAT_VERSION) {
    const newest = BACKUP_FORMAT_VERSION;
    throw unsupportedVersion("restore backup", path, {
      found: "a backup",
      version,
      oldest: 1,
      newest,
    });
  }
  const crcAt = BACKUP_HEADER.byteLength + view.getInt32(AT.manifestByteLength);
  if (crcAt < BACKUP_HEADER.byteLength || crcAt + CRC_BYTE_LENGTH > bytes.length) return undefined;
  if (view.getUint32(crcAt) !== crc32(bytes.subarray(0, crcAt))) return undefined;
  const json = new TextDecoder().decode(bytes.subarray(BACKUP_HEADER.byteLength, crcAt));
  const manifest = parseManifest(json);
  if (manifest === undefined) return undefined;
  const filesAt = crcAt + CRC_BYTE_LENGTH;
  const byteLength = manifest.files.reduce((sum, file) => sum + file.byteLength, filesAt);
  return { manifest, filesAt, byteLength };
}

/** The CRC finds accidents; this refuses a forged manifest that asks for the impossible. */
function parseManifest(json: string): BackupManifest | undefined {
  let value: Omit<BackupManifest, "geometry"> & { readonly geometry: StoredGeometry };
  try {
    value = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { from, to, storeId, ranges, files = [], leftOut = [], assumed = [] } = value ?? {};
  const { maxMessageByteLength, ...rest } = value?.geometry ?? {};
  const geometry: Geometry = { ...rest, maxBodyByteLength: maxMessageByteLength };
  const segment = geometry.segmentByteLength;
  const isSane = isCount(from) && isCount(to) && from <= to && isCount(segment) &&
    segment >= 4096 &&
    from % segment === 0 && Object.values(geometry).every(isCount) && Array.isArray(ranges) &&
    ranges.every((range) => isCount(range?.from) && isCount(range?.to) && range.from <= range.to) &&
    Array.isArray(files) && files.length <= FILE_COUNT_MAX && files.every(isSaneFile) &&
    new Set(files.map(({ path }) => path)).size === files.length &&
    Array.isArray(leftOut) && leftOut.every((name) => typeof name === "string") &&
    Array.isArray(assumed) && assumed.every((name) => Object.hasOwn(geometry, name)) &&
    (storeId === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(storeId));
  return isSane ? { from, to, geometry, assumed, storeId, ranges, files, leftOut } : undefined;
}

function isSaneFile(file: CarriedFile): boolean {
  return isCarriedPath(file?.path) && isCount(file.byteLength) && isCount(file.crc) &&
    file.byteLength <= WHOLE_FILE_BYTE_LENGTH_MAX;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Encodes and decodes the slots of `streambed/meta`. Nothing here throws on bytes: a torn write
 * leaves a slot that is not valid, which is an outcome.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";
import { viewOf } from "./byte_slab.ts";
import { formatHex, formatUuid, parseHex, parseUuid } from "./hex.ts";
import { isUnsigned, readI64, writeI64 } from "./i64.ts";
import { areMergedRanges, type LogRange, META_RANGE_COUNT_MAX } from "./log_ranges.ts";
import {
  META_FORMAT_VERSION,
  META_MAGIC,
  META_RANGE,
  META_SLOT,
  META_SLOT_BYTE_LENGTH,
  META_TRACE,
  type MetaGeometry,
  type StreambedMeta,
} from "./streambed_meta.ts";

const CRC_BYTE_LENGTH = 4;
const AT = META_SLOT.offsets;
const TRACE_AT = META_SLOT_BYTE_LENGTH - META_TRACE.byteLength;
const OFFSETS_FLAG = 1;
const LMQ_OFFSETS_FLAG = 2;

function writeGeometry(view: DataView, geometry: Readonly<MetaGeometry>): void {
  writeI64(view, AT.segmentByteLength, geometry.segmentByteLength);
  view.setInt32(AT.queueEntryCount, geometry.queueEntryCount);
  view.setInt32(AT.indexSlotCount, geometry.indexSlotCount);
  view.setInt32(AT.indexEntryCount, geometry.indexEntryCount);
  view.setInt32(AT.maxBodyByteLength, geometry.maxBodyByteLength);
}

function readGeometry(view: DataView): MetaGeometry {
  return {
    segmentByteLength: readI64(view, AT.segmentByteLength),
    queueEntryCount: view.getInt32(AT.queueEntryCount),
    indexSlotCount: view.getInt32(AT.indexSlotCount),
    indexEntryCount: view.getInt32(AT.indexEntryCount),
    maxBodyByteLength: view.getInt32(AT.maxBodyByteLength),
  };
}

function writeRanges(view: DataView, ranges: readonly LogRange[]): void {
  view.setInt32(AT.rangeCount, ranges.length);
  ranges.forEach((range, index) => {
    const at = META_SLOT.byteLength + index * META_RANGE.byteLength;
    writeI64(view, at + META_RANGE.offsets.from, range.from);
    writeI64(view, at + META_RANGE.offsets.to, range.to);
  });
}

function readRanges(view: DataView): LogRange[] {
  return Array.from({ length: view.getInt32(AT.rangeCount) }, (_, index) => {
    const at = META_SLOT.byteLength + index * META_RANGE.byteLength;
    return {
      from: readI64(view, at + META_RANGE.offsets.from),
      to: readI64(view, at + META_RANGE.offsets.to),
    };
  });
}

/** The content of a trace; slots of older releases have no trace. */
type MetaTrace = Pick<StreambedMeta, "start" | "hasOffsets" | "hasLmqOffsets">;

function writeTrace(bytes: Uint8Array, generation: number, trace: Readonly<MetaTrace>): void {
  const { start, hasOffsets, hasLmqOffsets } = trace;
  if (start === undefined && hasOffsets === undefined && hasLmqOffsets === undefined) return;
  const { offsets } = META_TRACE;
  const part = bytes.subarray(TRACE_AT);
  const view = viewOf(part);
  const flags = (hasOffsets ? OFFSETS_FLAG : 0) | (hasLmqOffsets ? LMQ_OFFSETS_FLAG : 0);
  writeI64(view, offsets.generation, generation);
  writeI64(view, offsets.start, start ?? -1);
  view.setInt32(offsets.offsetFiles, flags);
  view.setInt32(offsets.crc, crc32(part.subarray(0, offsets.crc)));
}

/** A torn write may combine a slot with the trace of another: then nothing is known. */
function readTrace(bytes: Uint8Array, generation: number): MetaTrace {
  const { offsets } = META_TRACE;
  const part = bytes.subarray(TRACE_AT, META_SLOT_BYTE_LENGTH);
  const view = viewOf(part);
  if (view.getUint32(offsets.crc) !== crc32(part.subarray(0, offsets.crc))) return {};
  if (readI64(view, offsets.generation) !== generation) return {};
  const start = readI64(view, offsets.start);
  const flags = view.getInt32(offsets.offsetFiles);
  return {
    ...(isUnsigned(start) ? { start } : {}),
    hasOffsets: (flags & OFFSETS_FLAG) !== 0,
    hasLmqOffsets: (flags & LMQ_OFFSETS_FLAG) !== 0,
  };
}

/** Encodes the 4096 bytes of a slot; the ranges must be as `mergeRanges()` leaves them. */
export function encodeMetaSlot(meta: Readonly<StreambedMeta>): Uint8Array<ArrayBuffer> {
  assert(meta.ranges.length <= META_RANGE_COUNT_MAX, "A meta slot holds 200 ranges at most");
  assert(isPlausible(meta), "A meta slot is written with values that it can be read with");

  const bytes = new Uint8Array(META_SLOT_BYTE_LENGTH);
  const view = new DataView(bytes.buffer);
  const byteLength = META_SLOT.byteLength + meta.ranges.length * META_RANGE.byteLength;
  view.setInt32(AT.magic, META_MAGIC);
  view.setInt32(AT.formatVersion, META_FORMAT_VERSION);
  writeI64(view, AT.generation, meta.generation);
  view.setInt32(AT.byteLength, byteLength);
  bytes.set(parseUuid(meta.storeId), AT.storeId);
  writeI64(view, AT.epoch, meta.epoch);
  bytes.set(parseUuid(meta.bootId), AT.bootId);
  bytes.set(parseHex(meta.mountId, 8), AT.mountId);
  writeI64(view, AT.mark, meta.mark);
  writeGeometry(view, meta.geometry);
  view.setInt32(AT.state, meta.state === "open" ? 1 : 0);
  writeI64(view, AT.dispatched, meta.dispatched);
  writeRanges(view, meta.ranges);
  view.setInt32(byteLength, crc32(bytes.subarray(0, byteLength)));
  writeTrace(bytes, meta.generation, meta);
  return bytes;
}

/** Whether magic, lengths and CRC hold; these fields keep their places in every version. */
function isIntact(bytes: Uint8Array, view: DataView): boolean {
  if (bytes.length < META_SLOT_BYTE_LENGTH || view.getInt32(AT.magic) !== META_MAGIC) return false;
  const byteLength = view.getInt32(AT.byteLength);
  if (byteLength < META_SLOT.byteLength) return false;
  if (byteLength > META_SLOT_BYTE_LENGTH - CRC_BYTE_LENGTH) return false;
  return view.getUint32(byteLength) === crc32(bytes.subarray(0, byteLength));
}

function isPlausible(meta: Readonly<StreambedMeta>): boolean {
  const { geometry } = meta;
  const counts = [geometry.queueEntryCount, geometry.indexSlotCount, geometry.indexEntryCount];
  counts.push(geometry.maxBodyByteLength);
  const positions = [meta.generation, meta.epoch, meta.mark, meta.dispatched, meta.start ?? 0];
  return positions.every(isUnsigned) &&
    isUnsigned(geometry.segmentByteLength) &&
    counts.every((count) => count >= 0 && count === (count | 0)) &&
    areMergedRanges(meta.ranges);
}

/** The version of an intact slot: tells a store of a newer library from a damaged one. */
export function metaFormatVersion(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  return isIntact(bytes, view) ? view.getInt32(AT.formatVersion) : undefined;
}

/** Decodes a slot from any bytes; `undefined` if magic, version, lengths or CRC are wrong. */
export function decodeMetaSlot(bytes: Uint8Array): StreambedMeta | undefined {
  const view = viewOf(bytes);
  if (!isIntact(bytes, view)) return undefined;
  if (view.getInt32(AT.formatVersion) !== META_FORMAT_VERSION) return undefined;
  const rangesByteLength = view.getInt32(AT.byteLength) - META_SLOT.byteLength;
  if (view.getInt32(AT.rangeCount) * META_RANGE.byteLength !== rangesByteLength) return undefined;
  const state = view.getInt32(AT.state);
  if (state !== 0 && state !== 1) return undefined;
  const generation = readI64(view, AT.generation);
  const meta: StreambedMeta = {
    generation,
    storeId: formatUuid(bytes, AT.storeId),
    epoch: readI64(view, AT.epoch),
    bootId: formatUuid(bytes, AT.bootId),
    mountId: formatHex(bytes, AT.mountId, 8),
    mark: readI64(view, AT.mark),
    geometry: readGeometry(view),
    state: state === 1 ? "open" : "closed",
    dispatched: readI64(view, AT.dispatched),
    ranges: readRanges(view),
    ...readTrace(bytes, generation),
  };
  return isPlausible(meta) ? meta : undefined;
}

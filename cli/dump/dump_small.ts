/**
 * The small files of a store in words: checkpoint, meta, positions, markers and JSON.
 *
 * @module
 */
import {
  decodeMetaSlot,
  decodePositions,
  decodeStoreCheckpoint,
  GROUP_OFFSETS_FILE,
  LMQ_GROUP_OFFSETS_FILE,
  META_FORMAT_VERSION,
  META_SLOT_BYTE_LENGTH,
  metaFormatVersion,
  OPEN_END,
  type StreambedMeta,
  viewOf,
} from "../../storage/layout/mod.ts";
import { basename } from "node:path";
import { printable, timeText } from "../text.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DumpLine } from "./dump_line.ts";

const TEXT_BYTE_LENGTH_MAX = 16 * 1024 * 1024;

/** One line a number; one that is a time is told as one too. */
function* fieldLines(record: Readonly<Record<string, number>>): Generator<DumpLine> {
  for (const [name, value] of Object.entries(record)) {
    const isTime = name.endsWith("Timestamp") && value > 0;
    const words = isTime ? `${value} (${timeText(value)})` : String(value);
    yield { text: `${name}: ${words}`, data: { kind: "field", name, value } };
  }
}

export function dumpCheckpoint(source: ByteSource): Generator<DumpLine> {
  return fieldLines({ ...decodeStoreCheckpoint(viewOf(source.bytes(0, 4096))) });
}

/** Both slots, field by field. */
export function* dumpMeta(source: ByteSource): Generator<DumpLine> {
  for (let slot = 0; slot < 2; slot++) {
    const bytes = source.bytes(slot * META_SLOT_BYTE_LENGTH, META_SLOT_BYTE_LENGTH).slice();
    const meta = decodeMetaSlot(bytes);
    yield meta === undefined ? invalidSlotLine(slot, bytes) : metaLine(slot, meta);
  }
}

function invalidSlotLine(slot: number, bytes: Uint8Array): DumpLine {
  const version = metaFormatVersion(bytes);
  const state = version !== undefined && version !== META_FORMAT_VERSION
    ? `of format version ${version}, this release reads version ${META_FORMAT_VERSION}`
    : bytes.every((byte) => byte === 0)
    ? "not written"
    : "not valid";
  return { text: `slot ${slot}: ${state}`, data: { kind: "slot", slot, state } };
}

function traceWords({ start, hasOffsets, hasLmqOffsets }: StreambedMeta): string {
  const files = [
    ...(hasOffsets ? [basename(GROUP_OFFSETS_FILE)] : []),
    ...(hasLmqOffsets ? [basename(LMQ_GROUP_OFFSETS_FILE)] : []),
  ];
  return `log starts at ${start ?? "a position that is not known"}, ` +
    `groups in ${files.join(", ") || "no file"}`;
}

function metaLine(slot: number, meta: StreambedMeta): DumpLine {
  const ranges = meta.ranges.map(({ from, to }) =>
    `${from} to ${to === OPEN_END ? "the end" : to}`
  );
  const geometry = Object.entries(meta.geometry).map(([name, value]) => `${name} ${value}`);
  const lines = [
    `slot ${slot}: generation ${meta.generation}, ${meta.state}`,
    `  store ${meta.storeId}, writer ${meta.epoch}`,
    `  last writer's boot ${meta.bootId}, mount ${meta.mountId}`,
    `  mark ${meta.mark}, queues and index durable below ${meta.dispatched}`,
    `  ${geometry.join(", ")}`,
    `  written by Streambed: ${ranges.join(", ") || "nothing"}`,
    `  ${traceWords(meta)}`,
  ];
  const data = {
    ...meta,
    geometry: { ...meta.geometry },
    ranges: meta.ranges.map(({ from, to }) => ({ from, to: to === OPEN_END ? null : to })),
  };
  return { text: lines.join("\n"), data: { kind: "slot", slot, ...data } };
}

export function* dumpPositions(source: ByteSource): Generator<DumpLine> {
  const positions = decodePositions(source.bytes(0, 64));
  if (positions !== undefined) yield* fieldLines({ ...positions });
  else yield { text: "no valid record", data: { kind: "invalid" } };
}

/** A file of text: a marker, a lock, JSON as RocketMQ prints it. */
export function* dumpText(source: ByteSource): Generator<DumpLine> {
  const bytes = source.bytes(0, Math.min(source.byteLength, TEXT_BYTE_LENGTH_MAX));
  const text = new TextDecoder().decode(bytes);
  if (text === "") yield { text: "empty", data: { kind: "empty" } };
  for (const line of text.split("\n")) {
    if (text !== "") yield { text: printable(line, "\t"), data: { kind: "text", text: line } };
  }
}

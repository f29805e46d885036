/**
 * Any file of a store in words, without a store around it.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import {
  chooseMetaSlot,
  decodeMetaSlot,
  META_FILE,
  META_SLOT_BYTE_LENGTH,
  parseSegmentName,
} from "../../storage/layout/mod.ts";
import { type ByteSource, openSource } from "./byte_source.ts";
import { dumpIndex } from "./dump_index.ts";
import type { DumpLine, DumpOptions } from "./dump_line.ts";
import { dumpBackup, dumpLog } from "./dump_log.ts";
import { dumpBatchQueue, dumpExtension, dumpQueue } from "./dump_queue.ts";
import { dumpCheckpoint, dumpMeta, dumpPositions, dumpText } from "./dump_small.ts";
import type { FileKind } from "./recognise.ts";

export { type ByteSource, openSource } from "./byte_source.ts";
export type { DumpLine, DumpOptions, Json } from "./dump_line.ts";
export { FILE_KINDS, type FileKind, KIND_WORDS, recognise } from "./recognise.ts";

type Dump = (source: ByteSource, options: DumpOptions) => Generator<DumpLine>;

const DUMPS: Readonly<Record<FileKind, Dump>> = {
  "log": dumpLog,
  "queue": dumpQueue,
  "batch-queue": dumpBatchQueue,
  "extension": dumpExtension,
  "index": dumpIndex,
  "checkpoint": dumpCheckpoint,
  "meta": dumpMeta,
  "positions": dumpPositions,
  "backup": dumpBackup,
  "text": dumpText,
};

/** One line for each thing in a file of a known kind. */
export function dumpFile(
  kind: FileKind,
  source: ByteSource,
  options: DumpOptions,
): Generator<DumpLine> {
  return DUMPS[kind](source, options);
}

/** What a file's name and neighbours tell: the position of its first byte, an index's division. */
export function surroundings(path: string, kind: FileKind): DumpOptions {
  if (kind !== "index") return { base: parseSegmentName(basename(path)) };
  const root = dirname(dirname(resolve(path)));
  const geometry = readGeometry(join(root, META_FILE));
  if (geometry === undefined) return {};
  const { indexSlotCount: slotCount, indexEntryCount: entryCount } = geometry;
  return { division: { slotCount, entryCount } };
}

function readGeometry(
  path: string,
): { indexSlotCount: number; indexEntryCount: number } | undefined {
  let source: ByteSource;
  try {
    source = openSource(path);
  } catch {
    // A file of RocketMQ, or one copied out of its store, has no such neighbour.
    return undefined;
  }
  const [first, second] = [0, 1].map((slot) =>
    decodeMetaSlot(source.bytes(slot * META_SLOT_BYTE_LENGTH, META_SLOT_BYTE_LENGTH).slice())
  );
  source.close();
  return chooseMetaSlot(first, second)?.geometry;
}

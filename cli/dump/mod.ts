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
import type { DumpOptions } from "./dump_line.ts";
import type { FileKind } from "./kinds.ts";

export { type ByteSource, openSource } from "./byte_source.ts";
export type { DumpLine, DumpOptions, Json } from "./dump_line.ts";
export { FILE_KINDS, type FileKind, KINDS } from "./kinds.ts";
export { recognise } from "./recognise.ts";

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

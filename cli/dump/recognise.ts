/**
 * Which file of a store a file is, by its path and by what is in it.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { BACKUP_MAGIC } from "../../storage/backup/mod.ts";
import {
  ABORT_BACKUP_FILE,
  ABORT_FILE,
  BATCH_QUEUE_FOLDER,
  CLAIM_MAGIC,
  CLAIMS_FOLDER,
  CONFIG_FOLDER,
  INDEX_FOLDER,
  INDEX_HEADER,
  isIndexName,
  LOCK_FILE,
  LOG_FOLDER,
  MAGIC_BLANK,
  MAGIC_V1,
  MAGIC_V2,
  META_FILE,
  META_MAGIC,
  META_SLOT_BYTE_LENGTH,
  NEXT_OFFSETS_FILE,
  OLD_POSITIONS_FILE,
  parseSegmentName,
  POSITIONS_FILE,
  POSITIONS_MAGIC,
  QUEUE_ENTRY,
  QUEUE_EXTENSION_FOLDER,
  QUEUE_FOLDER,
  STORE_CHECKPOINT_BYTE_LENGTH,
  STORE_CHECKPOINT_FILE,
  TABLES_FILE,
  viewOf,
} from "../../storage/layout/mod.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FileKind } from "./kinds.ts";

/** By the name alone. */
const NAMES: ReadonlyMap<string, FileKind> = new Map([
  [ABORT_FILE, "text"],
  [ABORT_BACKUP_FILE, "text"],
  [LOCK_FILE, "text"],
  [STORE_CHECKPOINT_FILE, "checkpoint"],
]);
/** By the name and its folder. */
const OWN_FILES: Readonly<Record<string, FileKind>> = {
  [META_FILE]: "meta",
  [POSITIONS_FILE]: "positions",
  [OLD_POSITIONS_FILE]: "positions",
  [TABLES_FILE]: "text",
  [NEXT_OFFSETS_FILE]: "text",
};
/** By the folder over those of topics and queues. */
const QUEUE_FOLDERS: ReadonlyMap<string | undefined, FileKind> = new Map([
  [QUEUE_FOLDER, "queue"],
  [BATCH_QUEUE_FOLDER, "batch-queue"],
  [QUEUE_EXTENSION_FOLDER, "extension"],
]);
const TEXT_PROBE_BYTE_LENGTH = 4096;

/** Recognises a file by its path, as complete as it is known, and by its bytes. */
export function recognise(path: string, source: ByteSource): FileKind | undefined {
  return byPath(path) ?? byMagic(source) ?? byName(path, source) ?? byText(source);
}

function byPath(path: string): FileKind | undefined {
  const name = basename(path);
  const folders = dirname(path).split("/");
  const parent = folders.at(-1);
  const named = OWN_FILES[`${parent}/${name}`] ??
    (parent === CONFIG_FOLDER ? "text" : NAMES.get(name));
  if (named !== undefined) return named;
  if (folders.slice(-2).join("/") === CLAIMS_FOLDER) return "claim";
  if (parent === INDEX_FOLDER && isIndexName(name)) return "index";
  if (parseSegmentName(name) === undefined) return undefined;
  return parent === LOG_FOLDER ? "log" : QUEUE_FOLDERS.get(folders.at(-3));
}

function byMagic(source: ByteSource): FileKind | undefined {
  if (source.byteLength < 8) return undefined;
  if (new TextDecoder().decode(source.bytes(0, 8)) === BACKUP_MAGIC) return "backup";
  const head = viewOf(source.bytes(0, 8));
  const [first, second] = [head.getInt32(0), head.getInt32(4)];
  if (first === META_MAGIC || metaMagicBehind(source)) return "meta";
  if (first === POSITIONS_MAGIC) return "positions";
  if (first === CLAIM_MAGIC) return "claim";
  return [MAGIC_V1, MAGIC_V2, MAGIC_BLANK].includes(second) ? "log" : undefined;
}

/** Before the second write only the second slot has content. */
function metaMagicBehind(source: ByteSource): boolean {
  if (source.byteLength !== 2 * META_SLOT_BYTE_LENGTH) return false;
  return viewOf(source.bytes(META_SLOT_BYTE_LENGTH, 4)).getInt32(0) === META_MAGIC;
}

function byName(path: string, source: ByteSource): FileKind | undefined {
  const name = basename(path);
  const { byteLength } = source;
  if (isIndexName(name) && byteLength >= INDEX_HEADER.byteLength) return "index";
  if (parseSegmentName(name) !== undefined && byteLength % QUEUE_ENTRY.byteLength === 0) {
    return "queue";
  }
  return byteLength === STORE_CHECKPOINT_BYTE_LENGTH ? "checkpoint" : undefined;
}

function byText(source: ByteSource): FileKind | undefined {
  const bytes = source.bytes(0, Math.min(source.byteLength, TEXT_PROBE_BYTE_LENGTH));
  const isText = bytes.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13);
  return isText && bytes.length > 0 ? "text" : undefined;
}

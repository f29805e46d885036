/**
 * The kinds of files that a store has, and what shows each.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import { dumpClaim } from "./dump_claim.ts";
import { dumpIndex } from "./dump_index.ts";
import type { DumpLine, DumpOptions } from "./dump_line.ts";
import { dumpBackup, dumpLog } from "./dump_log.ts";
import { dumpBatchQueue, dumpExtension, dumpQueue } from "./dump_queue.ts";
import { dumpCheckpoint, dumpMeta, dumpPositions, dumpText } from "./dump_small.ts";

export type FileKind =
  | "log"
  | "queue"
  | "batch-queue"
  | "extension"
  | "index"
  | "checkpoint"
  | "meta"
  | "positions"
  | "claim"
  | "backup"
  | "text";

interface Kind {
  readonly words: string;
  /** Gives one line for each thing in a file. */
  readonly dump: (source: ByteSource, options: DumpOptions) => Generator<DumpLine>;
}

export const KINDS: Readonly<Record<FileKind, Kind>> = {
  "log": { words: "segment of the log", dump: dumpLog },
  "queue": { words: "file of a queue", dump: dumpQueue },
  "batch-queue": { words: "file of a batch queue", dump: dumpBatchQueue },
  "extension": { words: "file of a queue's extension", dump: dumpExtension },
  "index": { words: "index file", dump: dumpIndex },
  "checkpoint": { words: "store checkpoint", dump: dumpCheckpoint },
  "meta": { words: "Streambed's meta", dump: dumpMeta },
  "positions": { words: "Streambed's positions", dump: dumpPositions },
  "claim": { words: "a group's progress in a queue", dump: dumpClaim },
  "backup": { words: "backup", dump: dumpBackup },
  "text": { words: "text", dump: dumpText },
};

export const FILE_KINDS: readonly FileKind[] = Object.keys(KINDS) as FileKind[];

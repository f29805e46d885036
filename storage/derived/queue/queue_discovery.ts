/**
 * Finds the queues in the folders of a store.
 *
 * @module
 */
import { type DirectoryEntry, quotePath } from "../../../ffi/mod.ts";
import type { StoreDirectory } from "../../directory/mod.ts";
import { StoreError, unsafePath } from "../../errors.ts";
import { isFolderName, isTopicName, parseSegmentName } from "../../layout/mod.ts";
import {
  type EntryFormat,
  FORMATS,
  queueFolder,
  type QueueKind,
  type QueueName,
} from "./entry_format.ts";

const QUEUE_NAME = /^(0|[1-9][0-9]{0,9})$/;
/** Highest number of a queue. */
export const QUEUE_ID_MAX = 0x7fffffff;
/** Queues whose files are looked at to learn their length. */
const SAMPLE_COUNT = 32;

/**
 * Lists the queues of one kind, unsorted. Plain files beside the topics (those of RocksDB, say) and
 * names that are not numbers are skipped.
 *
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If a folder is a link.
 */
export function findQueues(directory: StoreDirectory, format: EntryFormat): QueueName[] {
  const found: QueueName[] = [];
  for (const topic of folderNames(format.root, directory.list(format.root) ?? [])) {
    const path = `${format.root}/${topic}`;
    if (!isFolderName(topic)) {
      directory.trust.note(`Folder ${quotePath(path)} is not a topic: it is ignored`);
      continue;
    }
    for (const name of folderNames(path, listTopicFolder(directory, path))) {
      const queueId = Number(name);
      if (!QUEUE_NAME.test(name) || queueId > QUEUE_ID_MAX) continue;
      found.push({ kind: format.kind, topic, queueId });
    }
  }
  return found;
}

/**
 * Learns how many entries a queue file has from a sample of files, where the majority counts, and
 * the longest if there is none: a file that was cut off is too short. `undefined` if no file tells.
 */
export function findEntriesPerFile(
  directory: StoreDirectory,
  kind: QueueKind,
  queues: readonly QueueName[],
): number | undefined {
  const format = FORMATS[kind];
  const votes = new Map<number, number>();
  for (const queue of queues.slice(0, SAMPLE_COUNT)) {
    const folder = queueFolder(queue);
    for (const { name } of directory.list(folder) ?? []) {
      if (parseSegmentName(name) === undefined) continue;
      const byteLength = directory.status(`${folder}/${name}`)?.byteLength ?? 0;
      if (byteLength === 0 || byteLength % format.byteLength !== 0) continue;
      const count = byteLength / format.byteLength;
      votes.set(count, (votes.get(count) ?? 0) + 1);
    }
  }
  return [...votes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0];
}

/**
 * Lists the folder of a topic. A folder that may not be read and has a name that no broker gives to
 * a topic (`.Trash-0`, say) is skipped with a note.
 */
export function listTopicFolder(directory: StoreDirectory, path: string): DirectoryEntry[] {
  try {
    return directory.list(path) ?? [];
  } catch (error) {
    const isDenied = StoreError.is(error, "SYSTEM") && error.errno === "EACCES";
    if (!isDenied || isTopicName(path.slice(path.lastIndexOf("/") + 1))) throw error;
    directory.trust.note(
      `Folder ${quotePath(path)} may not be read and is not a topic: it is ignored`,
    );
    return [];
  }
}

function folderNames(path: string, entries: readonly DirectoryEntry[]): string[] {
  const names: string[] = [];
  for (const { name, kind } of entries) {
    if (kind === "link") {
      throw unsafePath("link", `${path}/${name}`, "put the folder itself in its place");
    }
    if (kind === "directory" || kind === "unknown") names.push(name);
  }
  return names;
}

/**
 * `streambed rebuild`: queues and index anew from the log.
 *
 * The log is read first: a damaged log would give less than is there. Then the derived files are
 * removed, first the snapshot that saves the next writer from reading the whole log, and a writer
 * makes them again, as long as they were: what only they tell is written down before.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { check, failed } from "../ffi/mod.ts";
import {
  openRoot,
  releaseWriterLock,
  type StoreDirectory,
  takeWriterLock,
} from "../storage/directory/mod.ts";
import {
  giveUpFront,
  keepGeometry,
  type KeptGeometry,
  saveAllOffsets,
} from "../storage/life/mod.ts";
import { listTopicFolder } from "../storage/derived/mod.ts";
import {
  BATCH_QUEUE_FOLDER,
  INDEX_FOLDER,
  isIndexName,
  OWN_FOLDER,
  parseSegmentName,
  QUEUE_EXTENSION_FOLDER,
  QUEUE_FOLDER,
  STORE_CHECKPOINT_FILE,
  TABLES_FILE,
} from "../storage/layout/mod.ts";
import { CommandError, EXIT_DAMAGE } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { assumedText } from "./doctor/mod.ts";
import { inCommandWords } from "./failure_text.ts";
import { withStore } from "./open_store.ts";
import { countText } from "./text.ts";
import { verify } from "./verify_command.ts";

const QUEUE_FOLDERS = [QUEUE_FOLDER, BATCH_QUEUE_FOLDER, QUEUE_EXTENSION_FOLDER];
/** Some file systems do not tell the kind of a name in a listing. */
const MAYBE_FOLDER = ["directory", "unknown"];

export function addRebuild(program: Command, context: Context): void {
  program.command("rebuild")
    .description("make queues and index anew from the log; this writes")
    .action(async () => {
      const { findings, live } = await verify(context);
      if (live) throw new CommandError("Cannot rebuild: a writer is at work; close it first");
      const damage = findings.find(({ severity, area }) => severity === "damage" && area === "log");
      if (damage !== undefined) {
        const text = inCommandWords(damage.text);
        context.note(`streambed: Cannot rebuild: ${text}; see verify and salvage`);
        context.exitCode = EXIT_DAMAGE;
        return;
      }
      const { removedFiles, geometry, assumed } = await removeDerived(context);
      const { topics, messages } = await makeAnew(context);
      context.result({ removedFiles, topics, messages, geometry, assumed }, () => {
        const words = [countText(removedFiles, "file"), countText(messages, "entry", "entries")];
        context.note(`removed ${words[0]}, made ${words[1]} anew`);
        if (assumed.length > 0) context.note(`note: ${assumedText(geometry, assumed)}`);
      });
    });
}

interface Removed extends KeptGeometry {
  readonly removedFiles: number;
}

/** Removes what is derived, under the writer's lock. */
async function removeDerived(context: Context): Promise<Removed> {
  const environment = await context.environment();
  const { trustDirectory, logDirectories } = context.options;
  const directory = openRoot(environment.libc, context.directory, {
    write: true,
    trustDirectory,
    logDirectories,
    note: (text) => context.note(`note: ${text}`),
  });
  try {
    const lock = takeWriterLock(directory);
    try {
      await saveAllOffsets(environment, directory);
      const lost = await giveUpFront(environment, directory);
      if (lost !== undefined) context.note(`note: ${frontWords(lost)}`);
      const tables = removeSnapshot(directory);
      const kept = await keepGeometry(environment, directory);
      return { ...kept, removedFiles: tables + removeFiles(directory, kept.batchFile) };
    } finally {
      releaseWriterLock(directory, lock);
    }
  } finally {
    directory.close();
  }
}

function frontWords({ from, to }: { readonly from: number; readonly to: number }): string {
  return `the log from position ${from} to ${to} is not there and is given up; ` +
    "when its segments come back, they are read again";
}

/** Without its snapshot the next writer reads the whole log, whatever becomes of this process. */
function removeSnapshot(directory: StoreDirectory): number {
  if (!directory.remove(TABLES_FILE)) return 0;
  directory.syncFolder(OWN_FOLDER);
  return 1;
}

function removeFiles(directory: StoreDirectory, kept: string | undefined): number {
  let count = 0;
  if (directory.remove(STORE_CHECKPOINT_FILE)) count++;
  for (const folder of QUEUE_FOLDERS) {
    for (const { name, kind } of directory.list(folder) ?? []) {
      if (MAYBE_FOLDER.includes(kind)) count += removeTopic(directory, `${folder}/${name}`, kept);
    }
  }
  for (const { name } of directory.list(INDEX_FOLDER) ?? []) {
    if (isIndexName(name) && directory.remove(`${INDEX_FOLDER}/${name}`)) count++;
  }
  directory.syncFolder(INDEX_FOLDER);
  directory.syncFolder(".");
  return count;
}

/** Removes a topic's queue files and the folders that are empty then; other files stay. */
function removeTopic(directory: StoreDirectory, path: string, kept: string | undefined): number {
  let count = 0;
  for (const queue of listTopicFolder(directory, path)) {
    const folder = `${path}/${queue.name}`;
    if (!MAYBE_FOLDER.includes(queue.kind)) continue;
    for (const { name } of directory.list(folder) ?? []) {
      const file = `${folder}/${name}`;
      if (file !== kept && parseSegmentName(name) !== undefined && directory.remove(file)) count++;
    }
    removeEmpty(directory, folder);
  }
  removeEmpty(directory, path);
  return count;
}

function removeEmpty(directory: StoreDirectory, path: string): void {
  const removed = directory.removeFolder(path);
  if (failed(removed) && !["ENOTEMPTY", "ENOTDIR"].includes(removed.code)) {
    check(removed, "remove", path);
  }
}

function makeAnew(context: Context): Promise<{ topics: number; messages: number }> {
  return withStore(context, { create: false }, (store) => {
    const topics = store.topics();
    const messages = topics.flatMap(({ queues }) => queues)
      .reduce((sum, { earliestOffset, endOffset }) => sum + endOffset - earliestOffset, 0);
    return { topics: topics.length, messages };
  });
}

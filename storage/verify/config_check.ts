/**
 * Looking at the small files that are not derived from the log: topics, and the progress of groups. And at the
 * snapshot of the queues, which saves time, and to the offsets that no message is left to tell.
 *
 * @module
 */
import { CONSUMER_OFFSETS_PATH, parseBrokerJson, TOPICS_PATH } from "../config/mod.ts";
import { readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import { OFFSETS_FILE, TABLES_FILE } from "../opening/mod.ts";
import { decodeNextOffsets, decodeQueueSnapshot } from "../queue/mod.ts";
import type { Findings } from "./report.ts";

/** Text files of ours, and what it means that one cannot be read. */
const OWN_FILES = [
  {
    path: TABLES_FILE,
    decode: decodeQueueSnapshot,
    text: "it is damaged; the next opening reads the whole log",
  },
  {
    path: OFFSETS_FILE,
    decode: decodeNextOffsets,
    text: "it is damaged; a queue without messages goes on where its files or its groups say",
  },
];

/**
 * Looks at the files.
 *
 * @param directory The store's directory.
 * @param findings Where to tell of what is wrong with them.
 */
export function checkConfig(directory: StoreDirectory, findings: Findings): void {
  for (const path of [TOPICS_PATH, CONSUMER_OFFSETS_PATH]) {
    if (isReadable(directory, path) !== false) continue;
    const backup = isReadable(directory, `${path}.bak`) === true;
    findings.add({
      severity: backup ? "note" : "damage",
      area: "config",
      text: backup
        ? "it is damaged; the one before it counts"
        : "it is damaged, and there is none before it",
      path,
    });
  }
  for (const { path, decode, text } of OWN_FILES) {
    const bytes = readWholeFile(directory, path);
    if (bytes === undefined || decode(bytes) !== undefined) continue;
    findings.add({ severity: "note", area: "streambed", text, path });
  }
}

/** Whether a file is JSON as RocketMQ prints it; `undefined` if there is none. */
function isReadable(directory: StoreDirectory, path: string): boolean | undefined {
  const bytes = readWholeFile(directory, path);
  if (bytes === undefined) return undefined;
  try {
    parseBrokerJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

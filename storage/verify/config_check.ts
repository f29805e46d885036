/**
 * Looking at the small files that are not derived from the log: topics, and the progress of groups. And at the
 * snapshot of the queues, which only saves time.
 *
 * @module
 */
import { CONSUMER_OFFSETS_PATH, parseBrokerJson, TOPICS_PATH } from "../config/mod.ts";
import { readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import { decodeQueueSnapshot } from "../queue/mod.ts";
import type { Findings } from "./report.ts";

const TABLES_FILE = "streambed/tables";

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
  const tables = readWholeFile(directory, TABLES_FILE);
  if (tables === undefined || decodeQueueSnapshot(tables) !== undefined) return;
  const text = "it is damaged; the next opening reads the whole log";
  findings.add({ severity: "note", area: "streambed", text, path: TABLES_FILE });
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

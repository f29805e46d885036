/**
 * Looking at the small files that are not derived from the log (topics, the progress of groups,
 * offsets of queues without messages), and at the snapshot of the queues.
 *
 * @module
 */
import { BrokerFiles } from "../broker/mod.ts";
import { decodeNextOffsets, decodeSnapshot, whyUnread } from "../derived/mod.ts";
import { readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import type { Findings } from "./report.ts";
import { NEXT_OFFSETS_FILE, TABLES_FILE } from "../layout/mod.ts";

/** Text files of ours, and what it means that one cannot be read. */
const OWN_FILES = [
  {
    path: TABLES_FILE,
    decode: decodeSnapshot,
    consequence: "the next opening reads the whole log",
  },
  {
    path: NEXT_OFFSETS_FILE,
    decode: decodeNextOffsets,
    consequence: "a queue without messages goes on where its files or its groups say",
  },
];

export function checkConfig(directory: StoreDirectory, findings: Findings): void {
  for (const [path, { root, unreadable, kept, isMissing }] of new BrokerFiles(directory).all()) {
    if (isMissing) {
      const text =
        "it is not there, and it told of groups: put it back, or, if they are to begin " +
        'anew, put {"offsetTable":{}} there';
      findings.add("damage", "config", text, { path });
    }
    for (const one of unreadable) {
      if (root === undefined) {
        findings.add("damage", "config", "it is damaged, and no older one is left", { path: one });
      } else {
        findings.add("note", "config", "it is damaged; the one before it counts", { path: one });
      }
    }
    for (const one of kept) {
      const text = `it could not be read when it was ${path}, and was kept: take what you need ` +
        "from it, then remove it";
      findings.add("note", "config", text, { path: one });
    }
  }
  for (const { path, decode, consequence } of OWN_FILES) {
    const bytes = readWholeFile(directory, path);
    if (bytes === undefined || decode(bytes) !== undefined) continue;
    findings.add("note", "streambed", `it ${whyUnread(bytes)}; ${consequence}`, { path });
  }
}

/**
 * A child without permission to write: it tries a backup and says what came of it.
 *
 * @module
 */
import { argv } from "node:process";
import { loadLibc } from "../../../ffi/mod.ts";
import { backupLog } from "../../../storage/backup/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";

const [root, target] = argv.slice(2);
const directory = openRoot(await loadLibc(), root, {
  write: false,
  create: false,
  trustDirectory: false,
  note: () => {},
});
const geometry = {
  segmentByteLength: 8192,
  queueEntryCount: 50,
  indexSlotCount: 10,
  indexEntryCount: 40,
  maxBodyByteLength: 4096,
};
try {
  const range = { from: 0, flushedTo: 100, geometry, storeId: undefined, ranges: [] };
  await backupLog(directory, range, target);
  console.log("made");
} catch (error) {
  console.log((error as { code?: string }).code);
}

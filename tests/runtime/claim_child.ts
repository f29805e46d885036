/**
 * Reads queue 0 of a topic as a group, in a store that another process writes, until it is killed.
 *
 * @module
 */
import process from "node:process";
import { innerPortOf, openStore } from "../../storage/mod.ts";
import { printLine } from "../../harness/support/print_line.ts";

const [path, group, topic, next] = process.argv.slice(2);
const store = await openStore(path, { readOnly: true });
const claim = innerPortOf(store).claim({ group, topic, queueId: 0 });
claim.done(Number(next));
await innerPortOf(store).writeGroups();
printLine(`${claim.offset}`);
innerPortOf(store).timers.keepAlive();

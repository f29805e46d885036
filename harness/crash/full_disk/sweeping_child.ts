/**
 * Lives on a small file system of its own with 0, 1, 2 and more blocks free, and tells of each life
 * in a line.
 *
 * Arguments: the file system, the write path, first number of blocks, step, last, and the planted
 * fault, if any. It is a process of its own, since what goes wrong may be a signal.
 *
 * @module
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import { mountTmpfs } from "../../support/mount.ts";
import { CutDisk } from "../../support/cut_disk.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { Filler } from "./filler.ts";
import { liveOnFullDisk } from "./life.ts";
import { type DiskFault, type GrowthStep, observeSpace } from "./observer.ts";

/** One life. */
export interface SweepLine {
  /** Blocks that were free. */
  readonly freeCount: number;
  /** What was tried, with the code of the error that it gave. */
  readonly failures: readonly string[];
  /** What found the disk full. */
  readonly steps: readonly GrowthStep[];
}

const MIB = 1024 * 1024;
const [fileSystem, writePath, from, step, to, fault] = argv.slice(2);

const libc = await loadLibc();
await using temporary = await temporaryDirectory();
await using disk = fileSystem === "ext4" ? new CutDisk(16 * MIB) : undefined;
const root = disk?.path ?? join(temporary.path, "mounted");
if (disk === undefined) mkdirSync(root);
using _mount = disk === undefined ? mountTmpfs(root, 4 * MIB) : undefined;
const filler = new Filler(libc, root);

for (let freeCount = Number(from); freeCount <= Number(to); freeCount += Number(step)) {
  const steps: GrowthStep[] = [];
  const watched = observeSpace(libc, (one) => steps.push(one), fault as DiskFault | undefined);
  const path = join(root, "store");
  filler.leave(freeCount);
  console.log(`try ${freeCount}`);
  const { failures } = await liveOnFullDisk({
    environment: systemEnvironment(watched),
    path,
    backupPath: join(root, "backup"),
    writePath: writePath as "staged" | "mapped",
    isClosedFull: freeCount % 2 === 0,
    makeRoom: () => filler.free(),
  });
  const line: SweepLine = { freeCount, failures, steps };
  console.log(JSON.stringify(line));
  rmSync(path, { recursive: true, force: true });
  filler.free();
}

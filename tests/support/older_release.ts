/**
 * What a release before 0.1.0 left behind, and what one does that runs today.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Errno, type Libc } from "../../ffi/mod.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { extractTar } from "../../harness/support/tar.ts";

const ARCHIVE = fileURLToPath(new URL("../golden/own/before-0.1.tar.gz", import.meta.url));
const OWN = "streambed/";

/**
 * Unpacks the stores `closed` and `killed` and the file `backup`, which the last release before
 * 0.1.0 wrote: 20 messages in each of two queues of `orders` (`killed` has one more), a group of
 * three in `group`, and two checkpoints of the job `sums`.
 *
 * @param directory Where to.
 * @returns The folder that they are in.
 */
export async function extractOlder(directory: string): Promise<string> {
  await extractTar(gunzipSync(await readFile(ARCHIVE)), directory);
  return join(directory, "before-0.1");
}

/** A machine on which Streambed calls its positions as before 0.1.0, and knows no other name. */
export function olderLibc(libc: Libc): Libc {
  return overrideLibc(libc, {
    openat2: (folder, path, how) =>
      path === `${OWN}mark`
        ? nothing()
        : libc.openat2(folder, path.replace(/^streambed\/positions$/, `${OWN}mark`), how),
    statx: (folder, path) => path === "mark" ? nothing() : libc.statx(folder, path),
  });
}

function nothing(): Errno {
  return new Errno("ENOENT", 2, "openat2");
}

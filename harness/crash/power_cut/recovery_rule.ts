/**
 * What a recovery would go by, asked before it runs.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import { readMeta } from "../../../storage/directory/mod.ts";
import { META_FILE } from "../../../storage/layout/mod.ts";
import { openStoreRoot, readAbort } from "../../../storage/life/mod.ts";
import { resolveOptions } from "../../../storage/arguments/mod.ts";
import { cacheIdentity, findLastWriter } from "../../../storage/life/mod.ts";
import type { TailRule } from "../../../storage/log/mod.ts";
import { Notes } from "../../../storage/notes.ts";

/**
 * How the end of the log is to be judged.
 *
 * @param path Directory of the store.
 * @returns The rule, and whether boot and mount are those of the last writer; `"new"` where it left
 * no word of itself.
 */
export async function askRecovery(
  path: string,
): Promise<`${TailRule}, ${"same" | "another"} mount` | "new"> {
  if (!existsSync(join(path, META_FILE))) return "new";
  const environment = systemEnvironment(await loadLibc());
  const directory = openStoreRoot(
    environment,
    path,
    resolveOptions({ readOnly: true }),
    new Notes(),
  );
  try {
    const meta = readMeta(directory);
    if (meta === undefined) return "new";
    const now = cacheIdentity(directory);
    const { rule } = findLastWriter(meta, readAbort(directory), now);
    return `${rule}, ${meta.mountId === now.mountId ? "same" : "another"} mount`;
  } finally {
    directory.close();
  }
}

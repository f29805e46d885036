/**
 * Whether the file system of temporary files gives leases.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, failed, loadLibc } from "../../ffi/mod.ts";
import { type SkipOption, skipUnless } from "./skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

/**
 * Makes the options of a test that needs leases.
 *
 * @returns Options for `test()`.
 */
export async function needsLeases(): Promise<SkipOption> {
  const libc = await loadLibc();
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "file");
  writeFileSync(path, "x");
  const file = check(libc.open(path, { flags: libc.constants.O_RDONLY }), "open", path);
  const taken = libc.setLease(file, "read");
  libc.close(file);
  return skipUnless(!failed(taken), "the file system gives no leases");
}

/**
 * A directory that a test may fill and that is gone when the test is over.
 *
 * @module
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of one test's own; leaving the scope of `await using` removes it. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** Absolute path without links, so that it compares equal to what the kernel reports. */
  readonly path: string;
}

/**
 * Makes an empty directory under the system's temporary one.
 *
 * @param prefix Beginning of the directory's name, for somebody who looks at it.
 * @param parent Where to make it, if not there.
 * @returns The directory; disposing of it twice does no harm.
 */
export async function temporaryDirectory(
  prefix = "streambed-",
  parent: string = tmpdir(),
): Promise<TemporaryDirectory> {
  const path = await realpath(await mkdtemp(join(parent, prefix)));

  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

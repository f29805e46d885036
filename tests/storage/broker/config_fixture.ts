/**
 * Configuration files in a directory of a test's own, on the real operating system.
 *
 * @module
 */
import { type Libc, loadLibc } from "../../../ffi/mod.ts";
import {
  BrokerFiles,
  type ConfigFileOptions,
  ConsumerOffsets,
  TopicsFile,
} from "../../../storage/broker/mod.ts";
import { openRoot, type StoreDirectory } from "../../../storage/directory/mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

/** A directory with configuration files. */
export interface ConfigFixture extends AsyncDisposable {
  /** Absolute path of the directory. */
  readonly path: string;
  /** The directory. */
  readonly directory: StoreDirectory;
  /** What was noted so far. */
  readonly notes: string[];
  /** What configuration files need of the world; the clock always shows 1,000. */
  readonly options: ConfigFileOptions;
  /** Reads the topics. */
  topics(): TopicsFile;
  /** Reads the groups' progress. */
  offsets(): ConsumerOffsets;
}

/**
 * Makes a fixture.
 *
 * @param path An existing directory instead of a new one; it is left alone at the end.
 * @param wrap Puts something in front of the libc.
 * @returns The fixture.
 */
export async function configFixture(
  path?: string,
  wrap: (libc: Libc) => Libc = (libc) => libc,
): Promise<ConfigFixture> {
  const libc = wrap(await loadLibc());
  const temporary = path === undefined ? await temporaryDirectory() : undefined;
  const notes: string[] = [];
  const directory = openRoot(libc, path ?? temporary?.path ?? "", {
    write: true,
    create: true,
    trustDirectory: false,
    note: (text) => notes.push(text),
  });
  const { random, clock } = systemEnvironment(libc);
  const options = { environment: { random, clock: { ...clock, now: () => 1000 } } };
  return {
    path: directory.path,
    directory,
    notes,
    options,
    topics: () => new TopicsFile(new BrokerFiles(directory), options),
    offsets: () => new ConsumerOffsets(new BrokerFiles(directory), options),
    async [Symbol.asyncDispose]() {
      directory.close();
      await temporary?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * The machine, so that figures can be compared: cores, kernel, file system, and who else is at
 * work.
 *
 * @module
 */
import { check, type Libc } from "../../ffi/mod.ts";

/** A machine. */
export interface Machine {
  /** Processors. */
  readonly cores: number;
  /** Release of the kernel. */
  readonly kernel: string;
  /** Name of the file system under the data. */
  readonly fileSystem: string;
  /** Version of the runtime. */
  readonly runtime: string;
  /**
   * Processes that wanted to run in the last minute, on average: above 1 at the start, others were
   * at work.
   */
  readonly load: number;
}

/**
 * Looks at the machine.
 *
 * @param libc The operating system.
 * @param directory Absolute path of the data.
 * @returns The machine.
 */
export function describeMachine(libc: Libc, directory: string): Machine {
  const { O_RDONLY, O_DIRECTORY } = libc.constants;
  const descriptor = check(
    libc.open(directory, { flags: O_RDONLY | O_DIRECTORY }),
    "open",
    directory,
  );
  const fileSystem = check(libc.fstatfs(descriptor), "look at", directory).name;
  libc.close(descriptor);
  return {
    cores: navigator.hardwareConcurrency,
    kernel: Deno.osRelease(),
    fileSystem,
    runtime: `Deno ${Deno.version.deno}`,
    load: Deno.loadavg()[0],
  };
}

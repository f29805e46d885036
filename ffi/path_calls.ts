/**
 * Calls that take paths: opening, naming, listing.
 *
 * @module
 */
import { writeI64 } from "./c_struct.ts";
import { type CallContext, makeErrno } from "./call_context.ts";
import { readDirectory } from "./directory.ts";
import { failed, type Outcome } from "./errno.ts";
import { makeStatusCalls, type StatusCalls } from "./file_status.ts";
import type { Descriptor, Libc, OpenHow } from "./libc.ts";
import { AT_FDCWD, AT_REMOVEDIR, RENAME_NOREPLACE } from "./linux_abi.ts";
import { OPEN_HOW } from "./linux_structs.ts";

export type PathCalls =
  & StatusCalls
  & Pick<
    Libc,
    "open" | "openat2" | "mkdirat" | "renameat" | "unlinkat" | "rmdirat" | "readDirectory"
  >;

const DEFAULT_MODE = 0o600;

export function pathCalls(context: CallContext): PathCalls {
  const { calls, constants, numbers } = context;
  const bytes = new Uint8Array(OPEN_HOW.byteLength);
  const view = new DataView(bytes.buffer);

  function open(
    syscall: string,
    directory: Descriptor,
    path: string,
    how: OpenHow,
  ): Outcome<Descriptor> {
    const put = context.path.put(path, syscall);
    if (failed(put)) return put;
    const creates = (how.flags & constants.O_CREAT) !== 0;
    writeI64(view, OPEN_HOW.at.flags, how.flags | constants.O_CLOEXEC);
    writeI64(view, OPEN_HOW.at.mode, how.mode ?? (creates ? DEFAULT_MODE : 0));
    writeI64(view, OPEN_HOW.at.resolve, how.resolve ?? 0);
    return context.opened.add(context.retried(
      syscall,
      () => calls.openat2(numbers.openat2, directory, context.path.bytes, bytes, bytes.length),
    ));
  }

  return {
    ...makeStatusCalls(context),
    ...makeNamingCalls(context),
    open(path, how) {
      if (!path.startsWith("/")) return makeErrno("EINVAL", "open");
      return open("open", AT_FDCWD, path, how);
    },
    openat2: (directory, path, how) => open("openat2", directory, path, how),
    readDirectory: (descriptor) => readDirectory(context, descriptor),
  };
}

function makeNamingCalls(
  context: CallContext,
): Pick<Libc, "mkdirat" | "renameat" | "unlinkat" | "rmdirat"> {
  const { calls, numbers, path: first, secondPath: second } = context;

  return {
    mkdirat(directory, path, mode) {
      const put = first.put(path, "mkdirat");
      if (failed(put)) return put;
      return context.retried("mkdirat", () => calls.mkdirat(directory, first.bytes, mode));
    },
    renameat(oldDirectory, oldPath, newDirectory, newPath, options) {
      const put = first.put(oldPath, "renameat2");
      if (failed(put)) return put;
      const secondPut = second.put(newPath, "renameat2");
      if (failed(secondPut)) return secondPut;
      const flags = options?.noReplace === true ? RENAME_NOREPLACE : 0;
      return context.retried(
        "renameat2",
        () =>
          calls.renameat2(
            numbers.renameat2,
            oldDirectory,
            first.bytes,
            newDirectory,
            second.bytes,
            flags,
          ),
      );
    },
    unlinkat: (directory, path) => remove(context, directory, path, 0),
    rmdirat: (directory, path) => remove(context, directory, path, AT_REMOVEDIR),
  };
}

function remove(
  context: CallContext,
  directory: Descriptor,
  path: string,
  flags: number,
): Outcome {
  const put = context.path.put(path, "unlinkat");
  if (failed(put)) return put;
  return context.retried(
    "unlinkat",
    () => context.calls.unlinkat(directory, context.path.bytes, flags),
  );
}

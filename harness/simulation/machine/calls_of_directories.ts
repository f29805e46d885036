/**
 * The simulated calls that take paths: open, status, and all changes of directories.
 *
 * @module
 */
import type { DirectoryEntry, FileStatus, Libc, Outcome } from "../../../ffi/mod.ts";
import { SimInotify } from "./inotify.ts";
import { SimDirectory, SimFile, type SimNode, SimSpecial } from "./nodes.ts";
import { openPath } from "./open_path.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import { walk, type WalkEnd } from "./path_walk.ts";
import { DEFAULT_UMASK, failure, type SimProcess } from "./sim_process.ts";

const DEVICE = 0x801;
const INODE_HIGH = 0;

/** The part of `Libc` that this file makes. */
export type DirectoryCalls = Pick<
  Libc,
  | "open"
  | "openat2"
  | "close"
  | "fstat"
  | "statx"
  | "mkdirat"
  | "renameat"
  | "unlinkat"
  | "rmdirat"
  | "readDirectory"
>;

/** Makes the calls of a process that take paths. */
export function directoryCalls(process: SimProcess): DirectoryCalls {
  const { kernel } = process;
  return {
    open: (path, how) => {
      const verdict = process.enter("open", { path });
      if (verdict.fail !== undefined) return failure(verdict.fail, "open");
      if (!path.startsWith("/")) return failure("ENOENT", "open");
      return openPath(process, kernel.root, path, how, "open");
    },
    openat2: (directory, path, how) =>
      below(process, "openat2", directory, path, (start) => {
        if ((how.mode ?? 0) !== 0 && (how.flags & kernel.constants.O_CREAT) === 0) {
          return failure("EINVAL", "openat2");
        }
        return openPath(process, start, path, how, "openat2");
      }),
    close: (descriptor) => {
      const path = process.description(descriptor)?.path ?? "";
      const verdict = process.enter("close", { path });
      if (!process.uninstall(descriptor)) return failure("EBADF", "close");
      return verdict.fail === undefined ? 0 : failure(verdict.fail, "close");
    },
    fstat: (descriptor) => {
      const description = process.description(descriptor);
      const verdict = process.enter("fstat", { path: description?.path });
      if (verdict.fail !== undefined) return failure(verdict.fail, "fstat");
      if (description === undefined || description.node instanceof SimInotify) {
        return failure("EBADF", "fstat");
      }
      return statusOf(process, description.node);
    },
    statx: (directory, path) => statx(process, directory, path),
    mkdirat: (directory, path, mode) => makeDirectory(process, directory, path, mode),
    renameat: (oldDirectory, oldPath, newDirectory, newPath, options) =>
      below(
        process,
        "renameat",
        oldDirectory,
        oldPath,
        (start) =>
          rename(process, [start, oldPath], [newDirectory, newPath], options?.noReplace ?? false),
      ),
    unlinkat: (directory, path) => unlink(process, directory, path),
    rmdirat: (directory, path) => removeDirectory(process, directory, path),
    readDirectory: (descriptor) => readDirectory(process, descriptor),
  };
}

/** Enters a call and finds its directory. */
function below<T>(
  process: SimProcess,
  name: string,
  directory: number,
  path: string,
  body: (start: SimDirectory) => Outcome<T>,
): Outcome<T> {
  const description = process.description(directory);
  const base = description?.path.replace(/\/$/, "") ?? "";
  const verdict = process.enter(name, { path: path === "" ? base : `${base}/${path}` });
  if (verdict.fail !== undefined) return failure(verdict.fail, name);
  if (description === undefined) return failure("EBADF", name);
  if (!(description.node instanceof SimDirectory)) return failure("ENOTDIR", name);
  return body(description.node);
}

function find(process: SimProcess, start: SimDirectory, path: string): WalkEnd | string {
  const { root, constants } = process.kernel;
  if (path === "") return "ENOENT";
  return walk(root, start, path, { resolve: 0, followLast: false }, constants);
}

function statx(process: SimProcess, directory: number, path: string): Outcome<FileStatus> {
  const description = process.description(directory);
  if (path === "" && description !== undefined) {
    const verdict = process.enter("statx", { path: description.path });
    if (verdict.fail !== undefined) return failure(verdict.fail, "statx");
    if (description.node instanceof SimInotify) return failure("EBADF", "statx");
    return statusOf(process, description.node);
  }
  return below(process, "statx", directory, path, (start) => {
    const end = find(process, start, path);
    if (typeof end === "string") return failure(end, "statx");
    if (end.node === undefined) return failure("ENOENT", "statx");
    return statusOf(process, end.node);
  });
}

function statusOf(process: SimProcess, node: SimNode): FileStatus {
  const { kernel } = process;
  const isFile = node instanceof SimFile;
  return {
    kind: node.kind,
    mode: node.mode,
    linkCount: node.linkCount + (node instanceof SimDirectory && node.linkCount > 0 ? 1 : 0),
    userId: 0,
    groupId: 0,
    byteLength: isFile ? node.byteLength : 0,
    allocatedByteLength: isFile ? node.allocated.count * PAGE_BYTE_LENGTH : 0,
    modifiedMs: node.modifiedMs,
    device: DEVICE,
    inodeHigh: INODE_HIGH,
    inodeLow: node.number,
    mountId: kernel.mountId,
  };
}

function makeDirectory(
  process: SimProcess,
  directory: number,
  path: string,
  mode: number,
): Outcome {
  return below(process, "mkdirat", directory, path, (start) => {
    const { kernel } = process;
    const end = find(process, start, path);
    if (typeof end === "string") return failure(end, "mkdirat");
    if (end.node !== undefined) return failure("EEXIST", "mkdirat");
    if (end.parent.linkCount === 0) return failure("ENOENT", "mkdirat");

    const bits = mode & ~(process.options.umask ?? DEFAULT_UMASK) & 0o7777;
    const node = new SimDirectory(kernel.nextNodeNumber(), bits, end.parent);
    node.modifiedMs = kernel.scheduler.clock.wallMs;
    kernel.rename([{ directory: end.parent, name: end.name, node }]);
    kernel.notify(end.parent, kernel.constants.IN_CREATE, end.name);
    return 0;
  });
}

function rename(
  process: SimProcess,
  [start, oldPath]: readonly [SimDirectory, string],
  [newDirectory, newPath]: readonly [number, string],
  noReplace: boolean,
): Outcome {
  const { kernel } = process;
  const newStart = process.description(newDirectory)?.node;
  if (newStart === undefined) return failure("EBADF", "renameat");
  if (!(newStart instanceof SimDirectory)) return failure("ENOTDIR", "renameat");
  const from = find(process, start, oldPath);
  const to = find(process, newStart, newPath);
  if (typeof from === "string") return failure(from, "renameat");
  if (typeof to === "string") return failure(to, "renameat");
  if (from.name === "" || to.name === "") return failure("EBUSY", "renameat");
  if (from.node === undefined) return failure("ENOENT", "renameat");
  const code = renameRefusal(from.node, to, noReplace);
  if (code !== undefined) return failure(code, "renameat");
  if (from.node === to.node) return 0;

  kernel.rename([
    { directory: from.parent, name: from.name },
    { directory: to.parent, name: to.name, node: from.node },
  ]);
  if (from.node instanceof SimDirectory) from.node.parent = to.parent;
  kernel.notify(from.parent, kernel.constants.IN_MOVED_FROM, from.name);
  kernel.notify(to.parent, kernel.constants.IN_MOVED_TO, to.name);
  kernel.notify(from.node, kernel.constants.IN_MOVE_SELF);
  return 0;
}

function renameRefusal(node: SimNode, to: WalkEnd, noReplace: boolean): string | undefined {
  if (to.parent.linkCount === 0) return "ENOENT";
  for (let above = to.parent; above.parent !== above; above = above.parent) {
    if (above === node) return "EINVAL";
  }
  if (to.node === undefined) return undefined;
  if (noReplace) return "EEXIST";
  if (!(node instanceof SimDirectory)) {
    return to.node instanceof SimDirectory ? "EISDIR" : undefined;
  }
  if (!(to.node instanceof SimDirectory)) return "ENOTDIR";
  return to.node.entries.size > 0 && to.node !== node ? "ENOTEMPTY" : undefined;
}

function unlink(process: SimProcess, directory: number, path: string): Outcome {
  return below(process, "unlinkat", directory, path, (start) => {
    const end = find(process, start, path);
    if (typeof end === "string") return failure(end, "unlinkat");
    if (end.node === undefined) return failure("ENOENT", "unlinkat");
    if (end.node instanceof SimDirectory) return failure("EISDIR", "unlinkat");
    return removeName(process, end);
  });
}

function removeDirectory(process: SimProcess, directory: number, path: string): Outcome {
  return below(process, "rmdirat", directory, path, (start) => {
    const end = find(process, start, path);
    if (typeof end === "string") return failure(end, "rmdirat");
    if (end.node === undefined) return failure("ENOENT", "rmdirat");
    if (!(end.node instanceof SimDirectory)) return failure("ENOTDIR", "rmdirat");
    if (end.name === "") return failure("EINVAL", "rmdirat");
    if (end.node.entries.size > 0) return failure("ENOTEMPTY", "rmdirat");
    return removeName(process, end);
  });
}

function removeName(process: SimProcess, { parent, name, node }: WalkEnd): Outcome {
  const { kernel } = process;
  kernel.rename([{ directory: parent, name }]);
  kernel.notify(parent, kernel.constants.IN_DELETE, name);
  if (node !== undefined) {
    kernel.notify(node, kernel.constants.IN_ATTRIB);
    if (node.linkCount === 0) kernel.notify(node, kernel.constants.IN_DELETE_SELF);
  }
  return 0;
}

function readDirectory(process: SimProcess, descriptor: number): Outcome<DirectoryEntry[]> {
  return below(process, "readDirectory", descriptor, "", (directory) => {
    const entries = [...directory.entries].map(([name, node]) => ({ name, kind: kindOf(node) }));
    // The contract says "in no order", so there are at least two of them.
    return entries.length > 1 && process.kernel.choices.draw(2) === 1 ? entries.reverse() : entries;
  });
}

function kindOf(node: SimNode): DirectoryEntry["kind"] {
  return node instanceof SimSpecial ? node.kind : node.kind;
}

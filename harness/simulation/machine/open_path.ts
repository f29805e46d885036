/**
 * Opening a path: what is made, what is refused, and whose lease is broken.
 *
 * @module
 */
import { Errno, type OpenHow, type Outcome } from "../../../ffi/mod.ts";
import { SimMisuse } from "./faults.ts";
import { setFileLength } from "./file_length.ts";
import { SimDirectory, SimFile, type SimNode } from "./nodes.ts";
import { walk, type WalkEnd } from "./path_walk.ts";
import { DEFAULT_UMASK, failure, type SimProcess } from "./sim_process.ts";

const ACCESS_MODE = 3;
const DEFAULT_MODE = 0o600;

/**
 * Opens a path, and makes the file if that was asked for.
 *
 * @param process Who opens.
 * @param start Where a relative path starts.
 * @param path The path.
 * @param how Flags, mode and what is allowed on the way.
 * @param syscall Name of the call, for its failures.
 * @returns The descriptor.
 */
export function openPath(
  process: SimProcess,
  start: SimDirectory,
  path: string,
  how: OpenHow,
  syscall: string,
): Outcome {
  const { root, constants } = process.kernel;
  if (process.descriptorsExhausted) {
    process.kernel.countFault("descriptors exhausted");
    return failure("EMFILE", syscall);
  }
  if (path === "") return failure("ENOENT", syscall);
  const exclusive = constants.O_CREAT | constants.O_EXCL;
  const followLast = (how.flags & constants.O_NOFOLLOW) === 0 &&
    (how.flags & exclusive) !== exclusive;
  const end = walk(root, start, path, { resolve: how.resolve ?? 0, followLast }, constants);
  if (typeof end === "string") return failure(end, syscall);

  const created = end.node === undefined;
  const node = end.node ?? createFile(process, end, how, syscall);
  if (node instanceof Errno) return node;
  const access = how.flags & ACCESS_MODE;
  const code = created ? undefined : refusal(process, node, how.flags, access);
  if (code !== undefined) return failure(code, syscall);

  if (node instanceof SimFile && !created && (how.flags & constants.O_TRUNC) !== 0) {
    setFileLength(process.kernel, node, 0);
  }
  const named = (how.flags & constants.O_PATH) !== 0;
  const where = path.startsWith("/") ? path : `${pathOf(start)}/${path}`;
  return process.install(node, where, {
    readable: !named && access !== constants.O_WRONLY,
    writable: !named && access !== constants.O_RDONLY,
    appending: (how.flags & constants.O_APPEND) !== 0,
  });
}

/** Why something that is there may not be opened in this way, or `undefined`. */
function refusal(
  process: SimProcess,
  node: SimNode,
  flags: number,
  access: number,
): string | undefined {
  const { constants } = process.kernel;
  const writing = access !== constants.O_RDONLY;
  const has = (flag: number) => (flags & flag) !== 0;
  if (has(constants.O_CREAT) && has(constants.O_EXCL)) return "EEXIST";
  if (node instanceof SimDirectory) {
    return writing || has(constants.O_CREAT) ? "EISDIR" : undefined;
  }
  if (has(constants.O_DIRECTORY)) return "ENOTDIR";
  if (has(constants.O_PATH)) return undefined;
  if (node instanceof SimFile) {
    return breakLeases(process, node, writing, has(constants.O_NONBLOCK));
  }
  if (node.kind === "link") return "ELOOP";
  if (!has(constants.O_NONBLOCK)) throw wouldBlock(process, "a FIFO without another end");
  return access === constants.O_WRONLY ? "ENXIO" : undefined;
}

function breakLeases(
  process: SimProcess,
  file: SimFile,
  writing: boolean,
  nonBlocking: boolean,
): string | undefined {
  const broken = file.leases.filter((lease) => writing || lease.kind === "write");
  if (broken.length === 0) return undefined;
  for (const lease of broken) lease.target = writing ? "none" : "read";
  if (!nonBlocking) throw wouldBlock(process, "a leased file");
  return "EAGAIN";
}

function wouldBlock(process: SimProcess, what: string): Error {
  return process.kernel.fault(new SimMisuse(`Cannot open ${what}: it would block`));
}

function createFile(
  process: SimProcess,
  end: WalkEnd,
  how: OpenHow,
  syscall: string,
): SimFile | Errno {
  const { kernel } = process;
  const { constants } = kernel;
  if ((how.flags & constants.O_CREAT) === 0) return failure("ENOENT", syscall);
  if ((how.flags & constants.O_DIRECTORY) !== 0) return failure("EINVAL", syscall);
  if (end.parent.linkCount === 0) return failure("ENOENT", syscall);

  const mode = (how.mode ?? DEFAULT_MODE) & ~(process.options.umask ?? DEFAULT_UMASK) & 0o7777;
  const file = new SimFile(kernel.nextNodeNumber(), mode, kernel.space);
  file.modifiedMs = kernel.scheduler.clock.wallMs;
  kernel.rename([{ directory: end.parent, name: end.name, node: file }]);
  kernel.notify(end.parent, constants.IN_CREATE, end.name);
  return file;
}

function pathOf(directory: SimDirectory): string {
  if (directory.parent === directory) return "";
  const name = [...directory.parent.entries].find(([, node]) => node === directory)?.[0];
  return `${pathOf(directory.parent)}/${name ?? "(deleted)"}`;
}

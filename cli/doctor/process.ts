/**
 * The runtime and the process: FFI, permissions, limits.
 *
 * @module
 */
import process from "node:process";
import { resolve } from "node:path";
import {
  type DecompressFrame,
  failed,
  guardedLibc,
  type Libc,
  mappingAccess,
} from "../../ffi/mod.ts";
import { nearestExisting } from "../files.ts";
import { lengthText } from "../text.ts";
import { readText } from "./kernel.ts";
import { judge, type Verdict } from "./verdict.ts";

const DESCRIPTOR_COUNT = 1024;

/** The runtime, and where its libc is. */
export function judgeRuntime(libc: Libc): Verdict[] {
  const name = /^[^/]+\/[^ ]+/.exec(globalThis.navigator?.userAgent ?? "")?.[0] ?? "unknown";
  return [
    { name: "runtime", value: `${name} on ${process.platform}-${process.arch}`, state: "fact" },
    { name: "ffi", value: "works", state: "good" },
    { name: "libc", value: libcPath() ?? "not known", state: "fact" },
    { name: "page length", value: lengthText(libc.pageByteLength), state: "fact" },
    ...judgeMappings(libc),
    judgeSigbusGuard(libc),
  ];
}

/** Whether bodies that are compressed by LZ4 are decompressed here. */
export function judgeLz4(codec: DecompressFrame | string): Verdict {
  const name = "lz4";
  return typeof codec === "string"
    ? { name, value: "bodies stay compressed", state: "fact", change: codec }
    : { name, value: "bodies are decompressed", state: "fact" };
}

function judgeMappings(libc: Libc): Verdict[] {
  const access = mappingAccess(libc);
  if (access === undefined) return [];
  if (access === "views") return [{ name: "mappings", value: "views", state: "good" }];
  const why =
    "the runtime gives no views over memory, or may not: each access is a call that copies";
  return [{ name: "mappings", value: "copies", state: "fact", why }];
}

/** By installing it: that changes nothing for this process, which maps no segment. */
function judgeSigbusGuard(libc: Libc): Verdict {
  const name = "sigbus guard";
  const guarded = guardedLibc(libc);
  if (!failed(guarded)) return { name, value: "to be had, by guard: sigbus", state: "fact" };
  const why = guarded.code === "ENOSYS"
    ? "its machine code is for x86-64"
    : `this process may not make memory executable (${guarded.syscall}: ${guarded.code})`;
  return { name, value: "not to be had", state: "fact", why };
}

function libcPath(): string | undefined {
  const maps = readText("/proc/self/maps") ?? "";
  return /(\/\S*(?:libc\.so\.6|libc-\S*\.so|ld-musl-\S*\.so\.1))$/m.exec(maps)?.[1];
}

/** Asks the runtime, and then the system by trying, which leaves nothing behind. */
export function judgePermissions(libc: Libc, path: string): Verdict[] {
  return (["read", "write"] as const).map((access): Verdict => {
    const name = `permission to ${access}`;
    const denial = libc.denied(access, resolve(path));
    if (denial !== undefined) {
      const change = `start with ${denial.remedy}`;
      return access === "read"
        ? { name, value: "denied", state: "bad", why: "the store asks before it opens", change }
        : { name, value: "denied", state: "fair", why: "so it can only be read", change };
    }
    const refusal = REFUSALS[tryAccess(libc, access, nearestExisting(path)) ?? ""];
    return refusal === undefined
      ? { name, value: "granted", state: "good" }
      : { name, value: "denied", state: "bad", ...refusal };
  });
}

const NOT_ALLOWED: Pick<Verdict, "why" | "change"> = {
  why: "the owner and the mode of the directory do not let this user",
  change: "run as its owner, or change owner or mode",
};

/** What else may happen tells nothing: not every file system can make a file without a name. */
const REFUSALS: Readonly<Record<string, Pick<Verdict, "why" | "change">>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: { why: "the file system is mounted read-only", change: "mount it for writing" },
};

/** Opens the directory, or makes a file without a name in it; gives the error's name, if any. */
function tryAccess(libc: Libc, access: "read" | "write", path: string): string | undefined {
  const { O_RDONLY, O_RDWR, O_DIRECTORY, O_TMPFILE } = libc.constants;
  const flags = access === "read" ? O_RDONLY | O_DIRECTORY : O_RDWR | O_TMPFILE;
  const opened = libc.open(path, { flags, mode: 0o600 });
  if (failed(opened)) return opened.code;
  libc.close(opened);
  return undefined;
}

export function judgeLimits(libc: Libc, segmentByteLength: number): Verdict[] {
  const descriptors = libc.resourceLimit("descriptors");
  const fileByteLength = libc.resourceLimit("fileByteLength");
  const verdicts: Verdict[] = [];
  if (!failed(descriptors)) {
    verdicts.push(judge(descriptors.soft >= DESCRIPTOR_COUNT, {
      name: "open files",
      value: String(descriptors.soft),
      why: "the store keeps up to 512 files of queues open beside its segments",
      change: `ulimit -n ${DESCRIPTOR_COUNT}`,
    }));
  }
  if (!failed(fileByteLength)) {
    const { soft } = fileByteLength;
    const needed = lengthText(segmentByteLength);
    verdicts.push(judge(soft >= segmentByteLength, {
      name: "file length",
      value: soft === Infinity ? "unlimited" : lengthText(soft),
      state: "bad",
      why: `a segment has ${needed}; the kernel kills a process at its limit`,
      change: "ulimit -f unlimited",
    }));
  }
  return verdicts;
}

/**
 * The directory of the store and the file system under it.
 *
 * @module
 */
import { resolve } from "node:path";
import { failed, fileSystemReach, type Libc } from "../../ffi/mod.ts";
import { openRoot, readLockHolder, type StoreDirectory } from "../../storage/directory/mod.ts";
import { holderName, type StoreInfo } from "../../storage/mod.ts";
import { failureText, inCommandWords } from "../failure_text.ts";
import { nearestExisting } from "../files.ts";
import { lengthText } from "../text.ts";
import { judge, type Verdict } from "./verdict.ts";

/** A file system that is not listed is judged fair. */
const FILE_SYSTEMS: Readonly<Record<string, Pick<Verdict, "state" | "why" | "change">>> = {
  ext4: { state: "good" },
  xfs: { state: "good" },
  btrfs: {
    state: "fair",
    why: "it copies on write, so that even a segment that is allocated may find no room",
    change: "chattr +C on the empty directory before the store is made",
  },
  tmpfs: {
    state: "fair",
    why: "there is no disk under it: flushed means no more than committed",
    change: "use a directory on a disk where a power cut matters",
  },
  overlay: {
    state: "fair",
    why: "the layers of a container vanish with it, and leases and locks see only the upper one",
    change: "mount a volume for the store",
  },
};

const REMOTE: Pick<Verdict, "state" | "why" | "change"> = {
  state: "bad",
  why: "a remote file system may not keep one page cache between all who have a file open",
  change: "use a local disk",
};

/** Judges the directory; writes nothing. */
export function judgeDirectory(
  libc: Libc,
  path: string,
  { segmentByteLength, trustDirectory }: {
    readonly segmentByteLength: number;
    readonly trustDirectory?: boolean | undefined;
  },
): Verdict[] {
  const existing = nearestExisting(path);
  const notes: string[] = [];
  let directory: StoreDirectory;
  try {
    directory = openRoot(libc, existing, { trustDirectory, note: (text) => void notes.push(text) });
  } catch (error) {
    return [{ name: "directory", value: failureText(error), state: "bad" }];
  }
  try {
    return [
      resolve(path) === directory.path
        ? { name: "directory", value: directory.path, state: "good" }
        : { name: "directory", value: `not there yet, but ${directory.path} is`, state: "fact" },
      ...notes.map((value): Verdict => ({
        name: "trust",
        value: inCommandWords(value),
        state: "fair",
        why: "a writer refuses such a directory",
        change: "take the cause away, or say --trust-directory",
      })),
      ...writerOf(directory),
      ...judgeFileSystem(libc, directory, segmentByteLength),
    ];
  } finally {
    directory.close();
  }
}

function writerOf(directory: StoreDirectory): Verdict[] {
  const holder = readLockHolder(directory);
  return holder === undefined ? [] : [{ name: "writer", value: holderName(holder), state: "fact" }];
}

function judgeFileSystem(
  libc: Libc,
  directory: StoreDirectory,
  segmentByteLength: number,
): Verdict[] {
  const status = libc.fstatfs(directory.descriptor);
  if (failed(status)) return [];
  const { name, type, availableByteLength, totalByteLength } = status;
  const known = fileSystemReach(type) === "remote" ? REMOTE : FILE_SYSTEMS[name] ?? {
    state: "fair" as const,
    why: "this file system is untested with the store",
  };
  const needed = lengthText(segmentByteLength);
  return [
    { name: "file system", value: name, ...known },
    judge(availableByteLength >= 2 * segmentByteLength, {
      name: "space",
      value: `${lengthText(availableByteLength)} free of ${lengthText(totalByteLength)}`,
      why: `the next segment needs ${needed}; without it appends are refused`,
      change: "make room, or set retention",
    }),
  ];
}

export function judgeStore({ notes }: StoreInfo): Verdict[] {
  return notes.map((value): Verdict => ({
    name: "store",
    value: inCommandWords(value),
    state: "fair",
  }));
}

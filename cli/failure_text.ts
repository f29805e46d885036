/**
 * What failed as a sentence: the one place where the name of a failed call becomes words, and where
 * remedies in words of the library become those of the command line.
 *
 * @module
 */
import { quotePath } from "../ffi/mod.ts";
import { StoreError } from "../storage/mod.ts";

/** What a failure means, and what to do next. */
type Meaning = readonly [state: string, next: string];

/** By what the kernel calls it. What is not here is told by that name. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: ["this user may not", "run it as the owner, or change owner or mode"],
  EBADF: ["it is closed", "open it, or lead it to a file"],
  EBUSY: ["something else uses it", "end that first"],
  EDQUOT: ["the quota of this user is used up", "make room, or name another place"],
  EEXIST: ["it is there already", "name another path"],
  EFBIG: ["it would be longer than is allowed", "raise the limit, ulimit -f"],
  EIO: ["the device fails", "see the kernel's log, dmesg, and copy what can still be read"],
  EISDIR: ["it is a directory", "name a file"],
  ELOOP: ["a link in the path may not be followed", "name the place that it leads to"],
  ENAMETOOLONG: ["a name in the path is too long", "name a shorter one"],
  ENODEV: ["there is no such device", "check the path"],
  ENOENT: ["there is no such file or directory", "check the path"],
  ENOMEM: ["there is not enough memory", "end something, or raise the limit of this process"],
  ENOSPC: ["no room is left on the device", "make room, or name another place"],
  ENOTDIR: ["it, or a part of its path, is not a directory", "check the path"],
  ENOTEMPTY: ["it is not empty", "name another directory"],
  ENXIO: ["nothing answers there", "check the path"],
  EPERM: ["this user may not", "run it as the owner, or change owner or mode"],
  EROFS: ["the file system is read-only", "mount it for writing, or name another place"],
  ESTALE: ["the file server has lost it", "mount it again"],
  ETXTBSY: ["it is a program that runs", "name another path"],
};

/** Calls of `node:fs` whose name is not the verb for them. */
const VERBS: Readonly<Record<string, string>> = {
  access: "look at",
  fstat: "look at",
  lstat: "look at",
  mkdir: "make directory",
  readdir: "list",
  rm: "remove",
  rmdir: "remove",
  scandir: "list",
  stat: "look at",
  unlink: "remove",
};

/** What the errors of `node:fs` tell; of some Deno tells the code alone. */
interface FailedCall {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}

/** What the library says of its options, and how a command has it. */
const COMMAND_WORDS: Readonly<Record<string, string>> = {
  "close that writer first, or open with readOnly":
    "close that writer first; commands that only read run beside it",
  "or open it without readOnly and with create": "or make a store with append --dir",
  "open it with readOnly": "use commands that only read",
  "open with trustDirectory": "say --trust-directory",
  "logDirectories": "--log-directories",
};

/** The library's words outside of quotation marks, inside of which are names and paths. */
const LIBRARY_WORDS = new RegExp(
  ['"(?:[^"\\\\]|\\\\.)*"', ...Object.keys(COMMAND_WORDS)].join("|"),
  "g",
);

/** A sentence of the library in words of the command line. */
export function inCommandWords(text: string): string {
  return text.replace(LIBRARY_WORDS, (words) => COMMAND_WORDS[words] ?? words);
}

/** Tells in one sentence what failed, where, why, and what to do next. */
export function failureText(error: unknown): string {
  return inCommandWords(plainText(error));
}

function plainText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (StoreError.is(error, "SYSTEM")) return storeFailure(error);
  const { code, syscall, path } = error as FailedCall;
  if (code === undefined || MEANINGS[code] === undefined) return error.message;
  const verb = syscall === undefined ? "go on" : VERBS[syscall] ?? syscall;
  return callFailure(path === undefined ? verb : `${verb} ${quotePath(path)}`, error);
}

/** The same of a call of which is known what it was for: `"write to standard output"`. */
export function callFailure(action: string, error: unknown): string {
  const { code = "", syscall } = error as FailedCall;
  const meaning = MEANINGS[code];
  if (meaning === undefined) return `Cannot ${action}: ${(error as Error).message}`;
  const [state, next] = meaning;
  const name = syscall === undefined ? code : `${syscall}: ${code}`;
  return `Cannot ${action}: ${state} (${name}); ${next}`;
}

/** The library names the call. Where it says what to do, that is better than what is said here. */
function storeFailure({ message, errno = "", syscall, remedy }: StoreError<"SYSTEM">): string {
  const meaning = MEANINGS[errno];
  const named = `${syscall} failed with ${errno}`;
  if (meaning === undefined || !message.includes(named)) return message;
  const [state, next] = meaning;
  const told = message.replace(named, () => `${state} (${syscall}: ${errno})`);
  return remedy === undefined ? `${told}; ${next}` : told;
}

/**
 * The other process of the facts that need one.
 *
 * @module
 */
import { argv } from "node:process";
import { check, failed, type Libc, loadLibc, type Outcome } from "../../../ffi/mod.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

const [action = "", path = ""] = argv.slice(2);
const libc = await loadLibc();

const ACTIONS: Readonly<Record<string, () => Promise<void> | void>> = {
  "lock-description": () => holdLock("description"),
  "lock-process": () => holdLock("process"),
  "descriptors": exhaustDescriptors,
  "touch-truncated": touchTruncated,
};
await ACTIONS[action]?.();

/** Takes a lock, says how that went, and if it has the lock lives on until it is killed. */
async function holdLock(owner: Parameters<Libc["lockRange"]>[4]): Promise<void> {
  const file = check(libc.open(path, { flags: libc.constants.O_RDWR }), "open", path);
  const outcome = libc.lockRange(file, "write", 0, 1, owner);
  console.log(describe(outcome));
  if (!failed(outcome)) await libc.pollAsync(check(libc.inotifyInit(), "wait"), Infinity);
}

/** Opens until it fails; then closes one and opens again. */
function exhaustDescriptors(): void {
  const how = { flags: libc.constants.O_RDONLY };
  const limit = check(libc.resourceLimit("descriptors"), "limit").soft;
  let last = -1;
  for (;;) {
    const descriptor = libc.open(path, how);
    if (failed(descriptor)) {
      check(libc.close(last), "close");
      console.log(limit, descriptor.code, typeof libc.open(path, how));
      return;
    }
    last = descriptor;
  }
}

/** Maps a file, cuts it, and touches what is gone. */
function touchTruncated(): void {
  const file = check(libc.open(path, { flags: libc.constants.O_RDWR }), "open", path);
  const mapping = check(libc.mmap(file, 8192, { write: false }), "mmap");
  check(libc.ftruncate(file, 0), "ftruncate");
  console.log("about to touch");
  console.log(byteAt(mapping, 5000));
}

function describe(outcome: Outcome): string {
  return failed(outcome) ? outcome.code : String(outcome);
}

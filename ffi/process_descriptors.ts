/**
 * The descriptors of this process, of whichever of its programs.
 *
 * @module
 */
import type { CallContext } from "./call_context.ts";
import { failed } from "./errno.ts";
import { queryFileLock } from "./file_lock.ts";
import { isSameFile } from "./file_status.ts";
import type { Descriptor, Libc } from "./libc.ts";
import { LOCK_EX, LOCK_NB } from "./linux_abi.ts";

/** The part of {@linkcode Libc} that this file makes. */
export type DescriptorCalls = Pick<Libc, "closeAbandoned" | "lockHolderHere" | "reopen">;

/** What it is built on. */
type Parts = Pick<Libc, "open" | "close" | "fstat" | "readDirectory" | "queryLock">;

const FOLDER = "/proc/self/fd";

/** Makes the calls. */
export function descriptorCalls(context: CallContext, parts: Parts): DescriptorCalls {
  const { calls, native, opened } = context;

  return {
    closeAbandoned() {
      withDescriptors(context, parts, (folder, descriptors) => {
        // One of several threads that find the same would close the number when it is another file's.
        if (calls.flock(folder, LOCK_EX | LOCK_NB) < 0) return;
        opened.release(descriptors.filter((descriptor) => opened.isAbandoned(descriptor)));
      });
    },
    lockHolderHere(descriptor) {
      let holder: ReturnType<Libc["lockHolderHere"]>;
      withDescriptors(context, parts, (_folder, descriptors) => {
        const found = descriptors.find((other) => holds(parts, other, descriptor));
        if (found !== undefined) holder = opened.has(found) ? "program" : "process";
      });
      return holder;
    },
    reopen(descriptor, path) {
      const owned = native.openOwned?.(path);
      if (owned === undefined) return descriptor;
      // It follows links, and somebody may have put another file there.
      if (!areSame(parts, owned.descriptor, descriptor)) {
        owned.close();
        return descriptor;
      }
      opened.addOwned(owned);
      parts.close(descriptor);
      return owned.descriptor;
    },
  };
}

function withDescriptors(
  context: CallContext,
  parts: Parts,
  use: (folder: Descriptor, descriptors: readonly Descriptor[]) => void,
): void {
  const { O_RDONLY, O_DIRECTORY } = context.constants;
  const folder = parts.open(FOLDER, { flags: O_RDONLY | O_DIRECTORY });
  // Without /proc nothing is known of the others.
  if (failed(folder)) return;
  const entries = parts.readDirectory(folder);
  if (!failed(entries)) use(folder, entries.map(({ name }) => Number(name)));
  parts.close(folder);
}

/** Whether `other` holds the lock on the first byte that stands in the way of `descriptor`: nothing stands in its own way. */
function holds(parts: Parts, other: Descriptor, descriptor: Descriptor): boolean {
  if (other === descriptor || !areSame(parts, other, descriptor)) return false;
  return queryFileLock(parts, other) === undefined;
}

function areSame(parts: Parts, one: Descriptor, other: Descriptor): boolean {
  const [first, second] = [parts.fstat(one), parts.fstat(other)];
  return !failed(first) && !failed(second) && isSameFile(first, second);
}

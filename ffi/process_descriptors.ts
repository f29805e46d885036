/**
 * The descriptors of this process, of all its programs.
 *
 * @module
 */
import type { CallContext } from "./call_context.ts";
import { failed } from "./errno.ts";
import { queryFileLock } from "./file_lock.ts";
import { isSameFile } from "./file_status.ts";
import type { Descriptor, Libc } from "./libc.ts";
import { LOCK_EX, LOCK_NB } from "./linux_abi.ts";

export type DescriptorCalls = Pick<Libc, "closeAbandoned" | "lockHolderHere" | "reopen">;

type Parts = Pick<Libc, "open" | "close" | "fstat" | "readDirectory" | "queryLock">;

const FOLDER = "/proc/self/fd";

export function descriptorCalls(context: CallContext, parts: Parts): DescriptorCalls {
  const { calls, native, opened } = context;

  return {
    closeAbandoned() {
      withDescriptors(context, parts, (folder, descriptors) => {
        // If several threads found the same, one could close the number when it is another file's.
        if (calls.flock(folder, LOCK_EX | LOCK_NB) < 0) return;
        opened.release(descriptors.filter((descriptor) => opened.isAbandoned(descriptor)));
      });
    },
    lockHolderHere(descriptor) {
      return withDescriptors(context, parts, (_folder, descriptors) => {
        const found = descriptors.find((other) => holds(parts, other, descriptor));
        if (found === undefined) return undefined;
        return opened.has(found) ? "program" : "process";
      });
    },
    reopen(descriptor, path) {
      const owned = native.openOwned?.(path);
      if (owned === undefined) return descriptor;
      // It follows links, and another file may be there now.
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

/** Gives what `use` gives, of all descriptors; `undefined` without /proc, where none is known. */
function withDescriptors<T>(
  context: CallContext,
  parts: Parts,
  use: (folder: Descriptor, descriptors: readonly Descriptor[]) => T,
): T | undefined {
  const { O_RDONLY, O_DIRECTORY } = context.constants;
  const folder = parts.open(FOLDER, { flags: O_RDONLY | O_DIRECTORY });
  if (failed(folder)) return undefined;
  const entries = parts.readDirectory(folder);
  const result = failed(entries) ? undefined : use(folder, entries.map(({ name }) => Number(name)));
  parts.close(folder);
  return result;
}

/** Whether `other` holds the lock on the first byte that stands in the way of `descriptor`. */
function holds(parts: Parts, other: Descriptor, descriptor: Descriptor): boolean {
  if (other === descriptor || !areSame(parts, other, descriptor)) return false;
  return queryFileLock(parts, other) === undefined;
}

function areSame(parts: Parts, one: Descriptor, other: Descriptor): boolean {
  const [first, second] = [parts.fstat(one), parts.fstat(other)];
  return !failed(first) && !failed(second) && isSameFile(first, second);
}

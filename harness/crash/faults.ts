/**
 * Faults planted under a store, to see that the checks catch them.
 *
 * @module
 */
import { kill, pid } from "node:process";
import { type Descriptor, type Libc, loadLibc, type Outcome } from "../../ffi/mod.ts";
import { type Environment, systemEnvironment } from "../../storage/mod.ts";
import { overrideLibc } from "../support/libc_overrides.ts";

/**
 * What goes wrong: `"late-writes"` keeps back each large write until the next one, as a store does
 * that acknowledges before it commits; `"size-word-first"` leaves a group as a store does that is
 * killed after it wrote the first size word and half of the rest.
 */
export type Fault = "late-writes" | "size-word-first";

/** What is longer than that belongs to the log. */
const SMALL_BYTE_LENGTH_MAX = 512;
const SIZE_WORD_BYTE_LENGTH = 4;

/**
 * The world of a child.
 *
 * @param fault What goes wrong; nothing when left out.
 * @returns The environment.
 */
export async function childEnvironment(fault?: Fault): Promise<Environment> {
  const libc = await loadLibc();
  if (fault === undefined) return systemEnvironment(libc);
  const overrides = fault === "late-writes" ? lateWrites(libc) : sizeWordFirst(libc);
  return systemEnvironment(overrideLibc(libc, overrides));
}

function lateWrites(libc: Libc): Partial<Libc> {
  let held: (() => void) | undefined;
  return {
    pwrite(descriptor: Descriptor, source: Uint8Array, position: number): Outcome {
      if (source.length <= SMALL_BYTE_LENGTH_MAX) return libc.pwrite(descriptor, source, position);
      held?.();
      const copy = source.slice();
      held = () => void libc.pwrite(descriptor, copy, position);
      return source.length;
    },
  };
}

function sizeWordFirst(libc: Libc): Partial<Libc> {
  let last = { position: 0, byteLength: 0 };
  return {
    pwrite(descriptor: Descriptor, source: Uint8Array, position: number): Outcome {
      const isSizeWord = source.length === SIZE_WORD_BYTE_LENGTH &&
        position + SIZE_WORD_BYTE_LENGTH === last.position;
      if (isSizeWord && last.byteLength > SMALL_BYTE_LENGTH_MAX) {
        const half = Math.floor(last.byteLength / 2);
        const missing = new Uint8Array(last.byteLength - half);
        libc.pwrite(descriptor, missing, last.position + half);
        libc.pwrite(descriptor, source, position);
        kill(pid, "SIGKILL");
      }
      last = { position, byteLength: source.length };
      return libc.pwrite(descriptor, source, position);
    },
  };
}

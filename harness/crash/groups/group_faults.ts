/**
 * Faults planted under groups, to see that the judge catches them.
 *
 * @module
 */
import { type Descriptor, type Libc, loadLibc, type Outcome } from "../../../ffi/mod.ts";
import { CLAIM_SLOT } from "../../../storage/layout/mod.ts";
import { type Environment, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";

/**
 * What goes wrong: `"late-progress"` keeps back each progress until the next one, as a store does
 * that says that progress is written before it is; `"no-lock"` gives a claim to everybody;
 * `"past-groups"` lets retention delete what a group has not read.
 */
export type GroupFault = "late-progress" | "no-lock" | "past-groups";

/**
 * The world of a process that reads as a group.
 *
 * @param fault What goes wrong; nothing when left out.
 * @returns The environment.
 */
export async function groupEnvironment(fault?: GroupFault): Promise<Environment> {
  const libc = await loadLibc();
  if (fault === "late-progress") return systemEnvironment(overrideLibc(libc, lateProgress(libc)));
  if (fault === "no-lock") return systemEnvironment(overrideLibc(libc, { lockRange: () => 0 }));
  return systemEnvironment(libc);
}

function lateProgress(libc: Libc): Partial<Libc> {
  const held = new Map<Descriptor, () => void>();
  return {
    pwrite(descriptor: Descriptor, source: Uint8Array, position: number): Outcome {
      if (source.length !== CLAIM_SLOT.byteLength) {
        return libc.pwrite(descriptor, source, position);
      }
      held.get(descriptor)?.();
      const copy = source.slice();
      held.set(descriptor, () => void libc.pwrite(descriptor, copy, position));
      return source.length;
    },
  };
}

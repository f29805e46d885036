/**
 * The planted bugs, each with the explorer that finds it. An explorer that finds none of them
 * proves nothing with its silence.
 *
 * @module
 */
import type { Libc } from "../../../ffi/mod.ts";
import type { SourcePatch } from "../../support/source_patch.ts";
import { STORE_BUGS, type StoreBug } from "./store_bugs.ts";
import { GROUP_MUTANTS } from "./store_group_mutants.ts";
import { SHARED_MUTANTS } from "./store_shared_mutants.ts";
import { SOURCE_MUTANTS } from "./store_source_mutants.ts";

/** A planted bug. */
export interface StoreMutant {
  /** Its name. */
  readonly name: string;
  /** Wrong lines in a copy of the source; without them it is a libc of {@linkcode STORE_BUGS}. */
  readonly patches?: readonly SourcePatch[];
  /** Arguments of the task `sim` that find it. */
  readonly explorer: readonly string[];
  /** Kinds of broken promises, one of which must be told. */
  readonly kinds: readonly string[];
}

const LIBC_MUTANTS: Readonly<Record<StoreBug, Pick<StoreMutant, "explorer" | "kinds">>> = {
  "no-segment-sync": { explorer: seeds("1..40"), kinds: ["lost", "undurable", "verify"] },
  "no-directory-sync": {
    explorer: seeds("1..40"),
    kinds: ["undurable", "unusable", "exception", "identity"],
  },
  "no-zero-tail": {
    explorer: workload("groups", "1..40"),
    kinds: ["verify", "revived", "unusable"],
  },
  "false-holes": {
    // A death must tear a group, and the next writer must go on before it without seeing the rest.
    explorer: [
      ...["--sweep", "--workload", "groups", "--path", "staged", "--ends", "kill"],
      ...["--seeds", "1..1"],
    ],
    kinds: ["verify", "revived", "unusable"],
  },
  "early-flush": { explorer: seeds("1..40"), kinds: ["lost", "undurable", "fault"] },
  "mark-ahead": { explorer: seeds("1..40"), kinds: ["unusable", "exception", "verify"] },
  "group-word-first": {
    // A death must tear the one write between two messages of the group.
    explorer: [
      ...["--sweep", "--workload", "groups", "--path", "staged", "--ends", "kill"],
      ...["--seeds", "6..7"],
    ],
    kinds: ["broker"],
  },
  "sparse-segment": { explorer: ["--workload", "full-device"], kinds: ["full"] },
  "retried-sync": { explorer: workload("failed-sync-cut", "1..20"), kinds: ["lost", "undurable"] },
  "trusted-cache": {
    explorer: workload("failed-sync-reopened", "1..20"),
    kinds: ["undurable", "taken"],
  },
  "no-lock": { explorer: seeds("1..40"), kinds: ["lock"] },
  "offsets-unsynced": { explorer: workload("progress-cut"), kinds: ["progress", "verify"] },
  "one-boot": { explorer: workload("reordered", "1..20"), kinds: ["verify", "unusable"] },
  "one-mount": { explorer: workload("pulled", "1..20"), kinds: ["verify", "unusable"] },
  "one-meta-slot": {
    explorer: workload("torn-meta", "1..300"),
    kinds: ["verify", "identity"],
  },
  "reused-buffer": {
    explorer: ["--seeds", "1..20", "--path", "staged"],
    kinds: ["exception", "fault", "unusable", "lost", "order", "undurable"],
  },
};

/** All planted bugs. */
export const STORE_MUTANTS: readonly StoreMutant[] = [
  ...Object.entries(LIBC_MUTANTS).map(([name, mutant]) => ({ name, ...mutant })),
  ...SOURCE_MUTANTS,
  ...GROUP_MUTANTS,
  ...SHARED_MUTANTS,
];

/**
 * The libc with a bug.
 *
 * @param name Name of the bug.
 * @returns Makes it of a sound one.
 */
export function libcBug(name: string): (libc: Libc) => Libc {
  if (Object.hasOwn(STORE_BUGS, name)) return STORE_BUGS[name as StoreBug];
  throw new TypeError(
    `Cannot plant ${JSON.stringify(name)}: give one of ${Object.keys(STORE_BUGS).join(", ")}`,
  );
}

function seeds(range: string): readonly string[] {
  return ["--seeds", range];
}

function workload(name: string, range: string = "1..1"): readonly string[] {
  return ["--workload", name, "--seeds", range];
}

/**
 * Plants a bug and looks whether its explorer finds it.
 *
 * @module
 */
import { copySource } from "../../support/source_copy.ts";
import { plantPatches } from "../../support/source_patch.ts";
import { simulate } from "../explore/simulate.ts";
import type { StoreMutant } from "./store_mutants.ts";

/** What became of a planted bug. */
export interface MutantVerdict {
  /** Whether it was found, by a broken promise of the right kind. */
  readonly isCaught: boolean;
  /** The place and the broken promise, or what came instead. */
  readonly told: string;
}

const BROKEN = /^.*: [A-Z]\d+ \([^)]*\): (\w+):.*$/m;

/**
 * Plants one bug and looks for it.
 *
 * @param mutant The bug.
 * @returns What became of it.
 */
export async function checkMutant(mutant: StoreMutant): Promise<MutantVerdict> {
  const words = explorerWords(mutant);
  if (mutant.patches === undefined) {
    const { output } = await simulate([...words, "--bug", mutant.name]);
    return judgeMutant(mutant, output);
  }
  using copy = copySource();
  plantPatches(copy.path, mutant.patches);
  const { output } = await simulate(words, copy.path);
  return judgeMutant(mutant, output);
}

/**
 * What the task `sim` is told to find a bug.
 *
 * @param mutant The bug.
 * @returns Its arguments.
 */
export function explorerWords({ explorer }: Pick<StoreMutant, "explorer">): string[] {
  return [...explorer, "--no-shrink"];
}

/**
 * Judges what the explorer told.
 *
 * @param mutant The bug.
 * @param output All that the task said.
 * @returns What became of it.
 */
export function judgeMutant(
  { kinds }: Pick<StoreMutant, "kinds">,
  output: string,
): MutantVerdict {
  const broken = BROKEN.exec(output);
  if (broken === null) return { isCaught: false, told: output.trim() };
  return { isCaught: kinds.includes(broken[1]), told: broken[0] };
}

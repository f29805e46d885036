/**
 * Plants a bug and looks whether its explorer finds it.
 *
 * @module
 */
import { simulate } from "./simulate.ts";
import { patchSource } from "./source_patch.ts";
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
  const words = [...mutant.explorer, "--no-shrink"];
  if (mutant.patches === undefined) return await judge(mutant, [...words, "--bug", mutant.name]);
  using source = patchSource(mutant.patches);
  return await judge(mutant, words, source.path);
}

async function judge(
  mutant: StoreMutant,
  words: readonly string[],
  root?: string,
): Promise<MutantVerdict> {
  const { output } = await simulate(words, root);
  const broken = BROKEN.exec(output);
  if (broken === null) return { isCaught: false, told: output.trim() };
  return { isCaught: mutant.kinds.includes(broken[1]), told: broken[0] };
}

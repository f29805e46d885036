/**
 * Plants faults, each alone, and runs what is to catch them.
 *
 * @module
 */
import { patchesOf, type PlantedFault } from "../../harness/faults/mod.ts";
import { copySource } from "../../harness/support/source_copy.ts";
import { plantPatches } from "../../harness/support/source_patch.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import {
  type FaultVerdict,
  judgeRun,
  nameOf,
  type Runnable,
  whyUnsound,
  wordsOf,
} from "./catcher.ts";
import { type ProgramEnd, type ProgramOptions, runProgram } from "./program.ts";

/** How faults are run. */
export interface RunFaultsOptions {
  /** How many at a time. */
  readonly jobs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told as it begins with a fault. */
  readonly onStart: (fault: PlantedFault) => void;
  /** Told what became of a fault. */
  readonly onVerdict: (fault: PlantedFault, verdict: FaultVerdict) => void;
}

/** Longer than any catcher takes on a busy machine. */
const SOUND_LIMIT_MS = 1_800_000;
/**
 * A catcher hangs when it takes longer than this, and than so many times what it takes without a
 * fault.
 */
const HANG_MS = 180_000;
const HANG_TIMES = 20;

/**
 * Plants faults, each alone, in copies of the source that are gone afterwards.
 *
 * @param faults The faults.
 * @param options How.
 * @throws The reason of the signal.
 */
export async function runFaults(
  faults: readonly PlantedFault[],
  options: RunFaultsOptions,
): Promise<void> {
  const sound = new Map<string, Promise<ProgramEnd>>();
  const left = [...faults];
  const work = async () => {
    using copy = copySource();
    await using scratch = await temporaryDirectory("streambed-mutate-");
    const place = { cwd: copy.path, scratch: scratch.path, signal: options.signal };
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      options.onStart(fault);
      options.onVerdict(fault, await tryFault(fault, place, sound));
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: options.jobs }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function tryFault(
  fault: PlantedFault,
  place: Omit<ProgramOptions, "limitMs">,
  sound: Map<string, Promise<ProgramEnd>>,
): Promise<FaultVerdict> {
  const { by } = fault;
  try {
    if ("equivalent" in by) {
      plantPatches(place.cwd, patchesOf(fault))[Symbol.dispose]();
      return { isCaught: false, told: by.equivalent };
    }
    const without = await runSound(by, place, sound);
    const unsound = whyUnsound(by, without);
    if (unsound !== undefined) {
      return { isCaught: false, told: `${nameOf(by)} fails without it: ${unsound}` };
    }
    const limitMs = Math.max(HANG_MS, HANG_TIMES * without.durationMs);
    using _planted = plantPatches(place.cwd, patchesOf(fault));
    return judgeRun(by, await runProgram(wordsOf(by), { ...place, limitMs }));
  } catch (error) {
    if (place.signal.aborted) throw error;
    return { isCaught: false, told: (error as Error).message };
  }
}

/** Once, whichever fault comes first. */
function runSound(
  by: Runnable,
  place: Omit<ProgramOptions, "limitMs">,
  sound: Map<string, Promise<ProgramEnd>>,
): Promise<ProgramEnd> {
  const name = nameOf(by);
  const known = sound.get(name);
  if (known !== undefined) return known;
  const run = runProgram(wordsOf(by), { ...place, limitMs: SOUND_LIMIT_MS });
  sound.set(name, run);
  return run;
}

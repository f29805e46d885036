/**
 * One process' share of the flips.
 *
 * @module
 */
import {
  drawFlips,
  flipAllAndRead,
  flipAndReadOnce,
  flipAndWrite,
  type FlipReport,
  meaningfulOffsets,
  newReport,
  targetsOf,
  writerValues,
} from "../../../harness/content/flips.ts";
import { buildScene, SCENE_NAMES } from "../../../harness/content/scenes.ts";
import { Trial } from "../../../harness/content/trial.ts";
import { seededRandom } from "../../../harness/support/random.ts";

/** What is to be done. */
export interface Part {
  /** Every byte and every value, or a sample. */
  readonly all: boolean;
  /** Leave out the zeros behind what means something. */
  readonly meaningful: boolean;
  /** Whether a sample ends at its first failure. */
  readonly first: boolean;
  /** Flips of each file, in a sample. */
  readonly sample: number;
  /** Repeats a sample. */
  readonly seed: number;
  /** This part, from 0. */
  readonly number: number;
  /** How many parts there are. */
  readonly of: number;
}

/** Offsets that are tried between two reports. */
const STEP = 16;

/**
 * Tries a share of the flips, and prints what became of them as lines of JSON. The order is mixed,
 * so that a run that is stopped has looked at everything alike.
 *
 * @param part Which share.
 */
export async function runPart(part: Part): Promise<void> {
  const trials = await Promise.all(
    SCENE_NAMES.map(async (name) => await Trial.of(await buildScene(name))),
  );
  if (!part.all) {
    for (const trial of trials) {
      const failureCount = await runSample(trial, part);
      if (part.first && failureCount > 0) return;
    }
    return;
  }
  const steps = trials.flatMap((trial) => stepsOf(trial, part.meaningful));
  for (const [index, step] of seededRandom(part.seed).shuffle(steps).entries()) {
    if (index % part.of === part.number) await runStep(step);
  }
}

/** Gives how many failures there were. */
async function runSample(trial: Trial, part: Part): Promise<number> {
  const { sample, seed, number, of, first } = part;
  const report = newReport();
  const { failures } = report;
  const flips = seededRandom(seed).shuffle(drawFlips(trial.scene, sample, seed));
  for (const [index, flip] of flips.entries()) {
    if (first && failures.length > 0) break;
    if (index % of !== number) continue;
    await flipAndWrite(trial, flip, report);
    await flipAndReadOnce(trial, flip, report);
  }
  print(report);
  return failures.length;
}

interface Step {
  readonly trial: Trial;
  readonly path: string;
  readonly offsets: readonly number[];
}

async function runStep({ trial, path, offsets }: Step): Promise<void> {
  const report = newReport();
  await flipAllAndRead(trial, path, offsets, report);
  for (const at of offsets) {
    for (const value of writerValues(trial.scene.content.get(path)![at])) {
      await flipAndWrite(trial, { path, at, value }, report);
    }
  }
  print(report);
}

function stepsOf(trial: Trial, meaningfulOnly: boolean): Step[] {
  return targetsOf(trial.scene).flatMap((path) => {
    const bytes = trial.scene.content.get(path)!;
    const offsets = meaningfulOnly ? meaningfulOffsets(bytes) : [...bytes.keys()];
    return Array.from({ length: Math.ceil(offsets.length / STEP) }, (_, index) => {
      return { trial, path, offsets: offsets.slice(index * STEP, (index + 1) * STEP) };
    });
  });
}

function print({ tallies, failures }: FlipReport): void {
  console.log(JSON.stringify({ tallies: [...tallies], failures }));
}

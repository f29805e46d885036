/**
 * What must hold on any machine: ratios to peers, and one rate.
 *
 * @module
 */
import type { Workload } from "./bench_options.ts";
import { nameOf, queueSceneId } from "./queue_scene.ts";
import type { SceneResult } from "./scene.ts";
import { WRITE_PATHS } from "./stage.ts";

/** A floor, and whether it was reached. */
export interface FloorResult {
  /** What is compared, for people. */
  readonly claim: string;
  /** What it must be at least. */
  readonly floor: number;
  /** What it was: the median of the rounds. */
  readonly value: number;
  /** Whether that is enough. */
  readonly isReached: boolean;
}

interface Floor {
  readonly scene: string;
  readonly row: string;
  /** Compared with this row; with bytes a second when left out. */
  readonly reference?: string;
  readonly floor: number;
  readonly claim: string;
}

const RECOVERY_BYTES_A_SECOND = 0.5e9;

/**
 * Judges the floors of the scenes that were played.
 *
 * @param results What they showed.
 * @param workload What was done.
 * @returns The floors, in order.
 */
export function judgeFloors(results: readonly SceneResult[], workload: Workload): FloorResult[] {
  return allFloors(workload).flatMap((floor) => {
    const row = results.find(({ id }) => id === floor.scene)?.rows
      .find(({ name }) => name === floor.row);
    if (row === undefined) return [];
    const value = floor.reference === undefined
      ? row.rate.median / 1e9
      : row.ratios[floor.reference].median;
    const { claim } = floor;
    return [{ claim, floor: floor.floor, value, isReached: value >= floor.floor }];
  });
}

/**
 * The exit code of a run.
 *
 * @param floors The floors.
 * @param isStrict Whether a missed floor is an error.
 * @returns 0, or 1 for an error.
 */
export function exitCodeOf(floors: readonly FloorResult[], isStrict: boolean): number {
  return isStrict && floors.some(({ isReached }) => !isReached) ? 1 : 0;
}

function allFloors({ queueCount }: Workload): Floor[] {
  return WRITE_PATHS.flatMap((path) => [
    {
      scene: "append-all",
      row: path,
      reference: "sqlite",
      floor: 2,
      claim: `appendAll, ${path}: times SQLite (WAL, synchronous=OFF)`,
    },
    {
      scene: "read",
      row: `${path} read()`,
      reference: "lmdb",
      floor: 1,
      claim: `read() in copies, ${path}: times lmdb getRange`,
    },
    {
      scene: "recovery",
      row: `${path} verified`,
      floor: RECOVERY_BYTES_A_SECOND / 1e9,
      claim: `recovery, ${path}: GB/s`,
    },
    {
      scene: queueSceneId(path),
      row: nameOf(queueCount),
      reference: nameOf(1),
      floor: 0.5,
      claim: `${queueCount} queues, ${path}: times one queue`,
    },
  ]);
}

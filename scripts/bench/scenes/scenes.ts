/**
 * Everything that is measured.
 *
 * @module
 */
import type { Workload } from "../bench_options.ts";
import { appendScenes } from "./append_scenes.ts";
import type { Scene } from "./contestant.ts";
import { pipeScenes } from "./pipe_scenes.ts";
import { readScenes } from "./read_scenes.ts";

/** All scenes, in the order in which they are played. */
export function allScenes(workload: Workload): Scene[] {
  return [...pipeScenes(workload), ...appendScenes(workload), ...readScenes(workload)];
}

/**
 * Checkpoints of stream jobs: {@linkcode openCheckpoints}.
 *
 * @module
 */
export { openCheckpoints } from "./checkpoints.ts";
export type {
  Checkpoint,
  CheckpointInput,
  CheckpointPositions,
  Checkpoints,
  CheckpointsOptions,
  CheckpointSummary,
  SavedCheckpoint,
} from "./types.ts";

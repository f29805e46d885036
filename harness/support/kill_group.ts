/**
 * Ends a process that leads a group, with all that it has started.
 *
 * @module
 */
import { kill } from "node:process";

/** Kills what is left of the group: its leader may be gone, and so may all. */
export function killGroup(id: number): void {
  try {
    kill(-id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * How far pipe and job are: a line that is written over on a terminal, and a line for every kill.
 *
 * @module
 */
import process from "node:process";
import type { Role } from "./timeline.ts";

/** To the start of the line, and what stands in it is gone. */
const ERASE = "\r\x1b[K";

/** What the lines are written to. */
export interface ProgressOutput {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean;
  /** Columns of the terminal. */
  readonly columns?: number;
  /** Writes text. */
  write(text: string): unknown;
}

/** Shows how far the processes are. */
export class DemoProgress {
  readonly #flightCount: number;
  readonly #output: ProgressOutput;
  readonly #counts: Record<Role, number> = { pipe: 0, job: 0 };

  /**
   * Shows nothing yet.
   *
   * @param flightCount Flights that there will be.
   * @param output Where it is shown.
   */
  constructor(flightCount: number, output: ProgressOutput = process.stderr) {
    this.#flightCount = flightCount;
    this.#output = output;
  }

  /** Tells how far a process is. */
  update(role: Role, flightCount: number): void {
    this.#counts[role] = flightCount;
    if (!this.#output.isTTY) return;
    const { pipe, job } = this.#counts;
    const line = `${pipe} of ${this.#flightCount} flights piped, ${job} counted`;
    // A line that is as wide as the terminal would go on in the next.
    this.#output.write(ERASE + line.slice(0, (this.#output.columns ?? 80) - 1));
  }

  /** Tells that a process was killed. */
  kill(role: Role): void {
    const line = `SIGKILL to the ${role} after it said ${this.#counts[role]}\n`;
    this.#output.write((this.#output.isTTY ? ERASE : "") + line);
  }

  /** Leaves the terminal as it is. */
  stop(): void {
    if (this.#output.isTTY) this.#output.write(ERASE);
  }
}

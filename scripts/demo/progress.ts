/**
 * How far pipe and job are: two bars on a terminal, and a line for every kill.
 *
 * @module
 */
import process from "node:process";
// @deno-types="npm:@types/cli-progress@3.11.6"
import { MultiBar, type SingleBar } from "npm:cli-progress@3.12.0";

/** The two processes of the demo. */
export type Role = "pipe" | "job";

/** Shows how far the processes are. */
export class DemoProgress {
  readonly #bars: MultiBar | undefined = process.stderr.isTTY ? makeBars() : undefined;
  readonly #byRole: Readonly<Record<Role, SingleBar | undefined>>;
  readonly #killCounts: Record<Role, number> = { pipe: 0, job: 0 };

  /** Shows two bars where there is a terminal. */
  constructor(flightCount: number) {
    this.#byRole = {
      pipe: this.#bars?.create(flightCount, 0, { role: "pipe", kills: 0 }),
      job: this.#bars?.create(flightCount, 0, { role: "job ", kills: 0 }),
    };
  }

  /** Tells how far a process is. */
  update(role: Role, flightCount: number): void {
    this.#byRole[role]?.update(flightCount);
  }

  /** Tells that a process was killed. */
  kill(role: Role, flightCount: number): void {
    const kills = ++this.#killCounts[role];
    this.#byRole[role]?.update({ kills });
    const line = `SIGKILL to the ${role} after it said ${flightCount}\n`;
    if (this.#bars) this.#bars.log(line);
    else process.stderr.write(line);
  }

  /** Leaves the terminal as it is. */
  stop(): void {
    this.#bars?.stop();
  }
}

function makeBars(): MultiBar {
  return new MultiBar({
    format: "{role} [{bar}] {value}/{total} flights, killed {kills} times",
    hideCursor: true,
    stream: process.stderr,
  });
}

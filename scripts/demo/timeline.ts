/**
 * When the processes of the demo were how far, when they were killed, and when they went on.
 *
 * @module
 */

/** The two processes of the demo, in the order in which they are shown. */
export const ROLES = ["pipe", "job"] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** When, ms since the start of the demo, and flights done by then. */
export type Point = readonly [ms: number, flightCount: number];

/** One process, from what it found when it started to its end. */
export interface Life {
  /** What it said, at least one; the first is what it found. */
  readonly points: readonly Point[];
  /** When it was killed, ms since the start of the demo; left out if it ended by itself. */
  readonly killedMs?: number;
}

/** All lives of each process, one after the other. */
export type Lives = Readonly<Record<Role, readonly Life[]>>;

/** A kill, and what came after it. */
export interface Kill {
  /** Which process. */
  readonly role: Role;
  /** When, ms since the start of the demo. */
  readonly ms: number;
  /** Flights that it had said to have done. */
  readonly saidCount: number;
  /** What the next one found, and when. */
  readonly found?: Point;
}

/** Writes down what happens, when it happens. */
export class Timeline {
  readonly #clock: () => number;
  readonly #startMs: number;
  readonly #lives: Record<Role, { points: Point[]; killedMs?: number }[]> = { pipe: [], job: [] };

  /**
   * Starts.
   *
   * @param clock Tells the time, ms.
   */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#startMs = clock();
  }

  /** What there is so far. */
  get lives(): Lives {
    return this.#lives;
  }

  /** A process has started, and found so many flights done. */
  start(role: Role, flightCount: number): void {
    this.#lives[role].push({ points: [[this.#now(), flightCount]] });
  }

  /** A process is so far. */
  update(role: Role, flightCount: number): void {
    this.#lives[role].at(-1)?.points.push([this.#now(), flightCount]);
  }

  /** A process was killed. */
  kill(role: Role): void {
    const life = this.#lives[role].at(-1);
    if (life) life.killedMs = this.#now();
  }

  #now(): number {
    return Math.round(this.#clock() - this.#startMs);
  }
}

/** All kills, in the order of time. */
export function killsOf(lives: Lives): Kill[] {
  const kills = ROLES.flatMap((role) =>
    lives[role].flatMap(({ points, killedMs }, index) => {
      if (killedMs === undefined) return [];
      const saidCount = points[points.length - 1][1];
      return { role, ms: killedMs, saidCount, found: lives[role][index + 1]?.points[0] };
    })
  );
  return kills.sort((a, b) => a.ms - b.ms);
}

/** When the last process ended, ms since the start of the demo. */
export function endMsOf(lives: Lives): number {
  return Math.max(
    0,
    ...ROLES.flatMap((role) => lives[role].flatMap(({ points }) => points))
      .map(([ms]) => ms),
  );
}

/**
 * How many flights of those that a process had said to be done were not found after its kill, all
 * kills together.
 */
export function missingAfterKills(lives: Lives, role: Role): number {
  return killsOf(lives).filter((kill) => kill.role === role)
    .reduce((sum, { saidCount, found }) => sum + Math.max(0, saidCount - (found?.[1] ?? 0)), 0);
}

/**
 * Leaves out what would not be seen, but for what a process said first and last.
 *
 * @param lives What happened.
 * @param stepMs Time from one point to the next, at least.
 * @returns The same with fewer points.
 */
export function thinned(lives: Lives, stepMs: number): Lives {
  function thin({ points, ...more }: Life): Life {
    let keptMs = points[0][0];
    const kept = points.filter(([ms], index) => {
      if (index > 0 && index < points.length - 1 && ms < keptMs + stepMs) return false;
      keptMs = ms;
      return true;
    });
    return { points: kept, ...more };
  }
  return { pipe: lives.pipe.map(thin), job: lives.job.map(thin) };
}

/**
 * How the processes of the demo tell the one that started them how far they are.
 *
 * @module
 */

/** A line of a process. */
export interface Report {
  /** Flights done. */
  readonly flightCount: number;
}

/**
 * Makes a function that prints a line for every so many flights.
 *
 * @param count Flights from one line to the next.
 * @returns The function; it takes the flights done, and whether to print in any case.
 */
export function reportEvery(count: number): (flightCount: number, isLast?: boolean) => void {
  const encoder = new TextEncoder();
  return (flightCount, isLast = false) => {
    if (flightCount % count !== 0 && !isLast) return;
    // Written at once: a process that is killed tells what it told.
    Deno.stdout.writeSync(encoder.encode(`${JSON.stringify({ flightCount } satisfies Report)}\n`));
  };
}

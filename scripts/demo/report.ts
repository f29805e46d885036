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
 * @param step Flights from one line to the next.
 * @returns The function; it takes the flights done, and whether to print in any case.
 */
export function reportEvery(step: number): (flightCount: number, isAlways?: boolean) => void {
  const encoder = new TextEncoder();
  let toldCount = 0;
  return (flightCount, isAlways = false) => {
    if (flightCount < toldCount + step && !isAlways) return;
    toldCount = flightCount;
    // Written at once: a process that is killed tells what it told.
    Deno.stdout.writeSync(encoder.encode(`${JSON.stringify({ flightCount } satisfies Report)}\n`));
  };
}

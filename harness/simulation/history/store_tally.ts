/**
 * Counts what happened in histories: a run that injected nothing passes for the wrong reason.
 *
 * @module
 */

/** What happened in some histories. */
export interface StoreTally {
  /** Histories that were run. */
  histories: number;
  /** Lives of a process in them. */
  boots: number;
  /** Calls of libc and stores into mappings. */
  calls: number;
  /** Appended messages that were acknowledged. */
  acknowledged: number;
  /** Appended messages that were refused. */
  rejected: number;
  /** Faults by kind. */
  readonly faults: Map<string, number>;
}

/** Starts to count. */
export function newTally(): StoreTally {
  return { histories: 0, boots: 0, calls: 0, acknowledged: 0, rejected: 0, faults: new Map() };
}

/** Adds what another process counted. */
export function addTally(to: StoreTally, from: StoreTally): void {
  to.histories += from.histories;
  to.boots += from.boots;
  to.calls += from.calls;
  to.acknowledged += from.acknowledged;
  to.rejected += from.rejected;
  addFaults(to, from.faults);
}

/** Adds faults by kind. */
export function addFaults(to: StoreTally, faults: ReadonlyMap<string, number>): void {
  for (const [kind, count] of faults) to.faults.set(kind, (to.faults.get(kind) ?? 0) + count);
}

/**
 * Tells a tally in lines.
 *
 * @param tally What was counted.
 * @param ms How long it took.
 * @returns The lines.
 */
export function tallyLines(tally: StoreTally, ms: number): string[] {
  const { histories, boots, calls, acknowledged, rejected, faults } = tally;
  const sorted = [...faults].toSorted(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return [
    `${histories} histories, ${boots} lives, ${calls} calls, ${acknowledged} messages ` +
    `acknowledged or found, ${rejected} refused, ${(ms / 1000).toFixed(1)} s`,
    `${total} faults: ${sorted.map(([kind, count]) => `${kind} ${count}`).join(", ")}`,
  ];
}

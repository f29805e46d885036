/**
 * What the job and the checkpoints of the power cut rounds compute: it follows from how far they
 * have read, so that whoever finds a state can tell whether it is right.
 *
 * @module
 */

/** Name of the job, and topic of its outputs. */
export const JOB = "sums";
/** Name of the owner of the other checkpoints. */
export const SAVER = "saver";
/** Topic of the messages that are saved together with those: two each. */
export const SAVED_TOPIC = "saved";
/** The job emits its running number once in so many messages. */
export const EMIT_EVERY = 5;

/** State of the job. */
export interface Totals {
  /** Messages. */
  readonly count: number;
  /** Sum over them, modulo 2^32. */
  readonly sum: number;
}

/** Before the first message. */
export const NO_TOTALS: Totals = { count: 0, sum: 0 };

/**
 * The state after one more message.
 *
 * @param totals The state before.
 * @param queueId Queue of the message.
 * @param offset Its offset.
 * @returns The state.
 */
export function addToTotals(totals: Totals, queueId: number, offset: number): Totals {
  const mixed = Math.imul(offset * 2 + queueId + 1, 0x9e3779b1) >>> 0;
  return { count: totals.count + 1, sum: (totals.sum + mixed) >>> 0 };
}

/**
 * The straight computation.
 *
 * @param positions How far each queue is read, by its id.
 * @returns The state that belongs to them.
 */
export function totalsAt(positions: readonly number[]): Totals {
  let totals = NO_TOTALS;
  for (const [queueId, end] of positions.entries()) {
    for (let offset = 0; offset < end; offset++) totals = addToTotals(totals, queueId, offset);
  }
  return totals;
}

/**
 * What must hold after every life of a process, by name, and which broken promise tells that it
 * does not.
 *
 * @module
 */

/** The invariants. */
export const INVARIANTS = {
  I1: "every acknowledged message is present, byte for byte",
  I2: "nothing is there that was not sent",
  I3: "queue offsets are dense, nothing is there twice, one order holds in log and queues",
  I4: "what is missing is a suffix; an atomic batch is there or not, for brokers too",
  I5: "what was gone never comes back",
  I6: "a recovery that is repeated, or cut and repeated, gives the same store",
  I7: "what was shown as durable stays",
  I8: "a reader of flushed messages sees only what is on the disk",
  I9: "queues and index are in line with the log",
  I10: "progress and checkpoints never go back below what was promised, nor ahead of the log",
  I11: "after the faults stop, the store opens and accepts",
  I12: "nothing is left open and no temporary file stays",
  I13: "no signal, no misuse of the kernel, no unexpected exception",
  I14: "there is one writer at most, and one reader of a group",
  J1: "the outputs of a job equal a straight computation, each message exactly once",
} as const;

/** Name of an invariant. */
export type InvariantName = keyof typeof INVARIANTS;

/** Which invariant a kind of broken promise belongs to. */
export const INVARIANT_OF_KIND: Readonly<Record<string, InvariantName>> = {
  lost: "I1",
  wrong: "I1",
  phantom: "I2",
  twice: "I3",
  gap: "I3",
  order: "I3",
  moved: "I3",
  place: "I3",
  apart: "I3",
  clock: "I3",
  hole: "I4",
  half: "I4",
  broker: "I4",
  revived: "I5",
  unstable: "I6",
  identity: "I6",
  taken: "I7",
  undurable: "I8",
  flushed: "I8",
  index: "I9",
  verify: "I9",
  progress: "I10",
  checkpoint: "I10",
  ahead: "I10",
  unusable: "I11",
  full: "I11",
  leak: "I12",
  leftover: "I12",
  fault: "I13",
  exception: "I13",
  unhandled: "I13",
  guard: "I13",
  lock: "I14",
  claim: "I14",
  outputs: "J1",
};

/** The kind of a broken promise that is told as `"kind: details"`. */
export function kindOf(broken: string): string {
  return broken.split(":")[0];
}

/**
 * Names the invariant that a broken promise belongs to.
 *
 * @param broken The promise, as `"kind: details"`.
 * @returns The name, the invariant, and the promise.
 */
export function nameInvariant(broken: string): string {
  const name = INVARIANT_OF_KIND[kindOf(broken)];
  return name === undefined ? broken : `${name} (${INVARIANTS[name]}): ${broken}`;
}

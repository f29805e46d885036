/**
 * What the simulated calls on open files have in common.
 *
 * @module
 */
import type { Outcome } from "../../../ffi/mod.ts";
import { SimSignal } from "./faults.ts";
import { SimDirectory, SimFile } from "./nodes.ts";
import { type CallVerdict, failure, type SimDescription, type SimProcess } from "./sim_process.ts";

/** The bytes that a call is about. */
export interface CallRange {
  /** First byte. */
  readonly position: number;
  /** How many bytes. */
  readonly byteLength: number;
}

/** The range of a call that is about none. */
export const NO_RANGE: CallRange = { position: 0, byteLength: 0 };

/** An open file that a call is about. */
export interface OpenFile {
  /** The file. */
  readonly file: SimFile;
  /** How it is open. */
  readonly description: SimDescription;
  /** What the call must heed. */
  readonly verdict: CallVerdict;
}

/** Enters a call and finds its file. */
export function onFile<T>(
  process: SimProcess,
  name: string,
  descriptor: number,
  range: CallRange,
  body: (open: OpenFile) => Outcome<T>,
  beforeDeath?: (open: OpenFile) => void,
): Outcome<T> {
  const description = process.description(descriptor);
  const file = description?.node;
  const subject = { path: description?.path, ...range };
  const verdict = process.enter(name, subject, () => {
    if (file instanceof SimFile && description !== undefined) {
      beforeDeath?.({ file, description, verdict: {} });
    }
  });
  const failsPartly = name.startsWith("fallocate");
  if (verdict.fail !== undefined && !failsPartly) return failure(verdict.fail, name);
  if (description === undefined) return failure("EBADF", name);
  if (file instanceof SimDirectory) return failure("EISDIR", name);
  if (!(file instanceof SimFile)) return failure("EINVAL", name);
  return body({ file, description, verdict });
}

/** Enters a call that another thread carries out. */
export function later(
  process: SimProcess,
  name: string,
  descriptor: number,
  range: CallRange,
  begin: (open: OpenFile) => () => Outcome,
): Promise<Outcome> {
  const started = onFile(process, name, descriptor, range, (open) => {
    return { open, finish: begin(open) };
  });
  if (!("finish" in started)) return process.offThread(name, { finish: () => started });
  const { open, finish } = started;
  return process.offThread(name, { description: open.description, finish });
}

/** Beyond the limit a real process gets SIGXFSZ, which kills it. */
export function checkFileLimit(process: SimProcess, byteLength: number): void {
  if (byteLength <= (process.options.fileByteLengthLimit ?? Infinity)) return;
  const { kernel } = process;
  kernel.kill(process);
  throw kernel.fault(new SimSignal(`SIGXFSZ, growing a file to ${byteLength}`));
}

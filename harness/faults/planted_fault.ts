/**
 * What a planted fault is.
 *
 * @module
 */
import type { SourcePatch } from "../support/source_patch.ts";

/** A fault that a test must catch, or that changes nothing which could be seen. */
export interface PlantedFault extends SourcePatch {
  /** Its name, which no other has. */
  readonly name: string;
  /** The promise that it breaks. */
  readonly breaks: string;
  /** Wrong texts elsewhere that belong to it; none when left out. */
  readonly also?: readonly SourcePatch[];
  /** What catches it. */
  readonly by: FaultCatcher;
}

/** What catches a fault. */
export type FaultCatcher =
  /** Files or folders of tests, of which one must fail. */
  | { readonly tests: readonly string[] }
  /** An explorer of the task `sim`, and the kinds of broken promises of which one must be told. */
  | { readonly explorer: readonly string[]; readonly kinds: readonly string[] }
  /** Nothing can, and why. */
  | { readonly equivalent: string };

/** An area of the source, with what is the same for its faults. */
export interface FaultArea {
  /** Path of the file from the root. */
  readonly file: string;
  /** The tests nearest to it. */
  readonly tests: readonly string[];
  /** The faults. */
  readonly faults: readonly AreaFault[];
}

/** A fault of an area. */
export type AreaFault =
  & Omit<PlantedFault, "file" | "by">
  & Partial<Pick<PlantedFault, "by">>;

/**
 * Faults of one file.
 *
 * @param area The file and the tests nearest to it, which are to catch each fault that does not say
 * otherwise.
 * @returns The faults.
 */
export function faultsOf({ file, tests, faults }: FaultArea): PlantedFault[] {
  return faults.map((fault) => ({ file, by: { tests }, ...fault }));
}

/**
 * Where a fault is planted.
 *
 * @param fault The fault.
 * @returns All its wrong texts.
 */
export function patchesOf(fault: PlantedFault): readonly SourcePatch[] {
  return [fault, ...fault.also ?? []];
}

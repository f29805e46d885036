/**
 * Histories that once broke a promise, kept for ever: `corpus/*.json`.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SimCase, WritePath } from "./store_explorers.ts";

/** One file of the corpus. */
export interface CorpusEntry {
  /** What went wrong, and what became of it. */
  readonly story: string;
  /** Its write path. */
  readonly writePath: WritePath;
  /** Whether calls fail. */
  readonly errors: boolean;
  /** Every choice, as the task `sim` tells it and takes it with `--tape`. */
  readonly tape: string;
}

const FOLDER = new URL("../corpus/", import.meta.url);

/** Names of all entries. */
export function corpusNames(): string[] {
  return readdirSync(fileURLToPath(FOLDER)).filter((name) => name.endsWith(".json")).toSorted();
}

/** Reads an entry. */
export function readCorpus(name: string): CorpusEntry {
  return JSON.parse(readFileSync(fileURLToPath(new URL(name, FOLDER)), "utf8"));
}

/** All of them, as an explorer gives them. */
export function* corpusCases(): Generator<SimCase> {
  for (const name of corpusNames()) {
    const { writePath, errors, tape } = readCorpus(name);
    yield {
      place: `corpus ${name}`,
      source: tape.split(",").map(Number),
      options: { writePath, errors },
    };
  }
}

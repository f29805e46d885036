/**
 * Rounds of a store that is in use, in a writing and a reading process, while somebody else changes
 * one of its segments.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { type ScriptChild, spawnSpoken } from "../../support/child.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { copyTree } from "../../support/tree.ts";
import { type Cell, mustRefuse, mustShow, type Tier } from "./cells.ts";
import type { TruncationFault } from "./faults.ts";
import type { HoldingLine } from "./holding_child.ts";
import { chooseByte, GEOMETRY, makeTemplate } from "./stored.ts";
import type { OpenStoreOptions } from "../../../storage/mod.ts";

/** Option `guard` of each tier; of `"sigbus"` the kernel is made to give no lease. */
const GUARDS: Readonly<Record<Tier, OpenStoreOptions["guard"]>> = {
  lease: "lease",
  sigbus: "sigbus",
  mapping: "none",
  pread: "lease",
};

/** What to do. */
export interface TruncationRoundsOptions {
  /** Rounds, which take the cells in turn. */
  readonly count: number;
  /** Cells to take. */
  readonly cells: readonly Cell[];
  /** Seed of places and moments. */
  readonly seed: number;
  /** Rounds at a time. */
  readonly laneCount: number;
  /** A fault planted under the stores; none when left out. */
  readonly fault?: TruncationFault;
  /** Called after each round. */
  readonly onRound?: (done: number) => void;
}

/** What was seen of one cell. */
export interface CellResult {
  /** The cell. */
  readonly cell: Cell;
  /** Rounds. */
  rounds: number;
  /** Rounds in which a process died of a signal. */
  died: number;
  /** Rounds that all processes survived, and all that had to notice it did. */
  noticed: number;
  /** Messages that were shown and were not what was written. */
  wrong: number;
  /** How long who changed the segment had to wait, ms. */
  readonly waitsMs: number[];
  /** What should not have been, in words. */
  readonly odd: string[];
}

const ROLES = ["writer", "reader"] as const;
type Role = typeof ROLES[number];

const MOMENTS_MS = 40;

/**
 * Lets a store be used, and changes a segment of it, round by round.
 *
 * @param options What to do.
 * @returns What was seen, cell by cell.
 */
export async function truncationRounds(
  options: TruncationRoundsOptions,
): Promise<readonly CellResult[]> {
  const { cells, count, laneCount, seed, fault, onRound } = options;
  const results = cells.map((cell): CellResult => {
    return { cell, rounds: 0, died: 0, noticed: 0, wrong: 0, waitsMs: [], odd: [] };
  });
  await using directory = await temporaryDirectory("streambed-truncate-");
  await makeTemplate(join(directory.path, "template"));
  let [started, done] = [0, 0];
  await Promise.all(Array.from({ length: Math.min(laneCount, count) }, async () => {
    await using lane = new Lane(directory.path, fault);
    while (started < count) {
      const round = started++;
      await lane.round(round, results[round % cells.length], seededRandom(seed + round));
      onRound?.(++done);
    }
  }));
  return results;
}

/** One store at a time, with processes that are used again until one dies. */
class Lane implements AsyncDisposable {
  readonly #directory: string;
  readonly #args: readonly string[];
  readonly #foreigner: ScriptChild = spawnSpoken("harness/crash/truncation/foreign_child.ts");
  readonly #holders = new Map<Role, ScriptChild>();

  constructor(directory: string, fault: TruncationFault | undefined) {
    this.#directory = directory;
    this.#args = fault === undefined ? [] : [fault];
  }

  async round(round: number, result: CellResult, random: SeededRandom): Promise<void> {
    const { cell } = result;
    const parent = join(this.#directory, `${round}`);
    const path = join(parent, "store");
    copyTree(join(this.#directory, "template"), path);
    if (cell.tier === "pread") await chmod(path, 0o770);
    for (const role of ROLES) await this.#open(role, path, cell);
    await new Promise((resolve) => setTimeout(resolve, random.next(MOMENTS_MS)));
    const { name, byte } = chooseByte(cell.target, (below) => random.next(below));
    this.#foreigner.say(`${cell.method} ${byte} ${join(path, "commitlog", name)}`);
    const done = await lineOf(this.#foreigner);
    result.waitsMs.push(Number(done.split(" ")[1]));
    for (const role of ROLES) this.#holders.get(role)!.say("acted");
    const lines = await Promise.all(ROLES.map((role) => this.#finish(role, result)));
    count(result, lines);
    await rm(parent, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#foreigner, ...this.#holders.values()]) {
      await child[Symbol.asyncDispose]();
    }
  }

  async #open(role: Role, path: string, { path: writePath, tier }: Cell): Promise<void> {
    const script = "harness/crash/truncation/holding_child.ts";
    const holder = this.#holders.get(role) ?? spawnSpoken(script, this.#args);
    this.#holders.set(role, holder);
    const options = {
      ...GEOMETRY,
      writePath,
      guard: GUARDS[tier],
      trustDirectory: tier === "pread",
    };
    holder.say(`open ${role} ${path} ${JSON.stringify(options)}`);
    assert.equal(await lineOf(holder), `ready ${tier}`);
  }

  /** What a process saw; `undefined` if a signal ended it. */
  async #finish(role: Role, result: CellResult): Promise<HoldingLine | undefined> {
    const holder = this.#holders.get(role)!;
    const line = await holder.nextLine();
    if (line !== undefined) return JSON.parse(line);
    this.#holders.delete(role);
    const { code, signal, stderr } = await holder.wait();
    if (signal !== "SIGBUS") result.odd.push(`the ${role} ended with ${signal ?? code}: ${stderr}`);
    return undefined;
  }
}

function count(result: CellResult, [writer, reader]: readonly (HoldingLine | undefined)[]): void {
  const { cell } = result;
  result.rounds++;
  const survivors = [writer, reader].filter((line) => line !== undefined);
  for (const { wrong, odd } of survivors) {
    result.wrong += wrong;
    result.odd.push(...odd);
  }
  const before = result.odd.length;
  if (mustRefuse(cell) && writer?.refused === false) {
    result.odd.push("the writer acknowledged another message");
  }
  if (mustShow(cell) && survivors.some(({ noticed }) => noticed.length === 0)) {
    result.odd.push("somebody did not notice it");
  }
  if (survivors.length < ROLES.length) result.died++;
  else if (result.odd.length === before) result.noticed++;
}

async function lineOf(child: ScriptChild): Promise<string> {
  const line = await child.nextLine();
  if (line !== undefined) return line;
  const { code, signal, stderr } = await child.wait();
  throw new Error(`Cannot go on: a process ended with ${signal ?? code}: ${stderr}`);
}

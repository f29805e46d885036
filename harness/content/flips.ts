/**
 * Every byte of every file of a store set to every other value, one at a time.
 *
 * @module
 */
import { seededRandom } from "../support/random.ts";
import { type Judgement, type Verdict, VERDICTS } from "./judge.ts";
import { MemoryDisk } from "./memory_disk.ts";
import type { Scene } from "./scenes.ts";
import { CLAIM_PATH, memoryPlace, type Trial } from "./trial.ts";

/** One byte of one file set to another value. */
export interface Flip {
  /** The file. */
  readonly path: string;
  /** Offset in it. */
  readonly at: number;
  /** What the byte becomes. */
  readonly value: number;
}

/** How many damages met which verdict. */
export type Tally = Record<Verdict, number>;

/** What some flips led to. */
export interface FlipReport {
  /** By kind of file, as `"closed segment read"`. */
  readonly tallies: Map<string, Tally>;
  /** Flips whose verdict is not acceptable, in words; some of them. */
  readonly failures: string[];
}

const VALUE_COUNT = 256;
const NEAR = 8;
const FAILURES_SHOWN = 20;
/** A prepared segment is all zeros and is removed by any writer; no reader looks at it. */
const UNREAD = /^streambed\/next-/;

/**
 * Verdicts that a file may lead to. What the store keeps twice, or can do without, may not be
 * missed at all. A group's progress is in a file of RocketMQ's that has no checksum; by a file of
 * its own a group goes on from the slot that is left.
 */
const ACCEPTED: readonly (readonly [RegExp, readonly Verdict[]])[] = [
  [/^commitlog\//, ["equal", "refused", "tail"]],
  [/^(consumequeue|index)\//, ["equal", "refused", "unlisted"]],
  [/^config\/consumerOffset\.json/, ["equal", "earlier progress", "later progress"]],
  [CLAIM_PATH, ["equal", "earlier progress"]],
  [/^/, ["equal"]],
];

/** Starts to count. */
export function newReport(): FlipReport {
  return { tallies: new Map(), failures: [] };
}

/**
 * Names the kind of a file.
 *
 * @param path Path below the root.
 * @returns The kind, in a word or two.
 */
export function kindOf(path: string): string {
  if (path.startsWith("commitlog/")) return "segment";
  if (path.startsWith("consumequeue/")) return "queue file";
  if (path.startsWith("index/")) return "index file";
  if (CLAIM_PATH.test(path)) return "group file";
  return path.replace(/^config\//, "");
}

/**
 * The files that are damaged: all where the store was closed; else those that tell how the log
 * ends.
 */
export function targetsOf(scene: Scene): string[] {
  const all = [...scene.content.keys()].filter((path) => !UNREAD.test(path)).sort();
  if (scene.name === "closed") return all;
  return all.filter((path) => /^(commitlog\/|streambed\/positions$|abort$)/.test(path));
}

/**
 * Offsets of what means something: bytes that are not zero, and those around them. Zeros fill the
 * rest.
 */
export function meaningfulOffsets(bytes: Uint8Array): number[] {
  const offsets = new Set<number>([0]);
  bytes.forEach((byte, at) => {
    if (byte === 0) return;
    const from = Math.max(0, at - NEAR);
    for (let near = from; near <= Math.min(bytes.length - 1, at + NEAR); near++) offsets.add(near);
  });
  return [...offsets].sort((a, b) => a - b);
}

/**
 * Sets bytes of one file, each to every other value, and opens for reading each time.
 *
 * @param trial The store.
 * @param path The file.
 * @param offsets Which bytes.
 * @param report Where to count.
 */
export async function flipAllAndRead(
  trial: Trial,
  path: string,
  offsets: readonly number[],
  report: FlipReport,
): Promise<void> {
  const { scene } = trial;
  const disk = new MemoryDisk(scene.content);
  const bytes = disk.file(path)!.own(0);
  const place = memoryPlace(scene, scene.content, disk);
  for (const at of offsets) {
    const whole = bytes[at];
    for (let value = 0; value < VALUE_COUNT; value++) {
      if (value === whole) continue;
      bytes[at] = value;
      count(
        report,
        scene,
        "read",
        { path, what: `byte ${at} = ${value}` },
        await trial.read(path, place),
      );
    }
    bytes[at] = whole;
  }
}

/**
 * Flips one byte and opens for reading.
 *
 * @param trial The store.
 * @param flip The flip.
 * @param report Where to count.
 */
export async function flipAndReadOnce(trial: Trial, flip: Flip, report: FlipReport): Promise<void> {
  const { scene } = trial;
  const place = memoryPlace(scene, flipped(scene, flip));
  count(report, scene, "read", inWords(flip), await trial.read(flip.path, place));
}

/**
 * Flips one byte and opens for writing.
 *
 * @param trial The store.
 * @param flip The flip.
 * @param report Where to count.
 */
export async function flipAndWrite(trial: Trial, flip: Flip, report: FlipReport): Promise<void> {
  const { scene } = trial;
  const place = memoryPlace(scene, flipped(scene, flip));
  count(report, scene, "write", inWords(flip), await trial.write(flip.path, place));
}

/** The values that a writer meets: each bit alone, all zeros, all ones. */
export function writerValues(whole: number): number[] {
  const values = [...Array(8).keys()].map((bit) => whole ^ (1 << bit));
  return [...new Set([...values, 0, 0xff])].filter((value) => value !== whole);
}

/** The files of a scene with one byte changed. */
export function flipped(scene: Scene, { path, at, value }: Flip): Map<string, Uint8Array> {
  const bytes = scene.content.get(path)!.slice();
  bytes[at] = value;
  return new Map(scene.content).set(path, bytes);
}

/** Draws flips, the same number from each file; most of them from the bytes that mean something. */
export function drawFlips(scene: Scene, countOfFile: number, seed: number): Flip[] {
  const random = seededRandom(seed);
  return targetsOf(scene).flatMap((path) => {
    const bytes = scene.content.get(path)!;
    const meaningful = meaningfulOffsets(bytes);
    return Array.from({ length: countOfFile }, () => {
      const at = random.chance(8) ? random.next(bytes.length) : random.pick(meaningful);
      return { path, at, value: (bytes[at] + 1 + random.next(VALUE_COUNT - 1)) % VALUE_COUNT };
    });
  });
}

/**
 * Damages a file in any way, and opens it for reading and for writing.
 *
 * @param trial The store.
 * @param damage The file, its new bytes, and what was done in words.
 * @param report Where to count.
 */
export async function tryDamage(
  trial: Trial,
  damage: { readonly path: string; readonly bytes: Uint8Array; readonly what: string },
  report: FlipReport,
): Promise<void> {
  const { path, bytes, what } = damage;
  const { scene } = trial;
  const content = new Map(scene.content).set(path, bytes);
  for (const mode of ["read", "write"] as const) {
    const judgement = await trial[mode](path, memoryPlace(scene, content));
    count(report, scene, mode, { path, what }, judgement);
  }
}

/** Counts one judgement. */
function count(
  report: FlipReport,
  scene: Scene,
  mode: "read" | "write",
  { path, what }: { readonly path: string; readonly what: string },
  { verdict, detail }: Judgement,
): void {
  const name = `${scene.name} ${kindOf(path)} ${mode}`;
  let tally = report.tallies.get(name);
  if (tally === undefined) report.tallies.set(name, tally = emptyTally());
  tally[verdict]++;
  const accepted = ACCEPTED.find(([pattern]) => pattern.test(path))![1];
  if (accepted.includes(verdict) || report.failures.length >= FAILURES_SHOWN) return;
  report.failures.push(
    `${scene.name} ${path} ${what}, ${mode}: ${verdict}, ${detail}`,
  );
}

/** Adds what another process counted. */
export function addReport(into: FlipReport, more: FlipReport): void {
  for (const [name, tally] of more.tallies) {
    const sum = into.tallies.get(name) ?? emptyTally();
    for (const verdict of VERDICTS) sum[verdict] += tally[verdict];
    into.tallies.set(name, sum);
  }
  into.failures.push(...more.failures);
}

function inWords({ path, at, value }: Flip): { readonly path: string; readonly what: string } {
  return { path, what: `byte ${at} = ${value}` };
}

function emptyTally(): Tally {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Tally;
}

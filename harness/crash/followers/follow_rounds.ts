/**
 * One writer that rolls and deletes, and readers in processes of their own beside it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { type ScriptChild, spawnSpoken } from "../../support/child.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import type { Fault } from "../faults.ts";
import type { FollowerLine } from "./following_child.ts";

/** What to do. */
export interface FollowRoundsOptions {
  /** Segments to fill. */
  readonly segmentCount: number;
  /** Seed of what is written. */
  readonly seed: number;
  /** A fault planted under the writer; none when left out. */
  readonly fault?: Fault;
}

/** What was seen. */
export interface FollowRoundsResult {
  /** What each reader said. */
  readonly readers: readonly FollowerLine[];
  /** Messages that were written. */
  readonly messageCount: number;
}

/** Two readers keep up, two dawdle, so that retention overtakes them. */
const READERS = [["committed", "0"], ["flushed", "0"], ["committed", "3"], ["flushed", "15"]];

/**
 * Writes and follows.
 *
 * @param options What to do.
 * @returns What was seen. Every reader has read to the end, or has been told what it missed.
 */
export async function followRounds(options: FollowRoundsOptions): Promise<FollowRoundsResult> {
  await using directory = await temporaryDirectory("streambed-follow-");
  const path = join(directory.path, "store");
  const { segmentCount, seed, fault } = options;
  const words = [path, `${segmentCount}`, `${seed}`, ...(fault === undefined ? [] : [fault])];
  await using writer = spawnSpoken("harness/crash/followers/rolling_child.ts", words);
  assert.equal(await lineOf(writer), "open");
  const readers = READERS.map((how) => {
    return spawnSpoken("harness/crash/followers/following_child.ts", [path, ...how]);
  });
  try {
    for (const reader of readers) assert.equal(await lineOf(reader), "reading");
    // However late they started, they see it from the first write on.
    writer.say("go");
    const ends = (await lineOf(writer)).split(" ").slice(1);
    for (const reader of readers) reader.say(`until ${ends.join(" ")}`);
    const lines = await Promise.all(readers.map(lineOf));
    const { code, stderr } = await writer.wait();
    assert.equal(code, 0, stderr);
    const report = await verifyStore(systemEnvironment(await loadLibc()), path);
    assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
    const messageCount = ends.reduce((sum, end) => sum + Number(end), 0);
    const told = lines.map((line) => JSON.parse(line) as FollowerLine);
    for (const { seen, skipped } of told) assert.equal(seen + skipped, messageCount);
    return { readers: told, messageCount };
  } finally {
    for (const reader of readers) await reader[Symbol.asyncDispose]();
  }
}

async function lineOf(child: ScriptChild): Promise<string> {
  const line = await child.nextLine();
  if (line !== undefined) return line;
  const { signal, stderr } = await child.wait();
  throw new Error(`Cannot follow: a process ended with ${signal}: ${stderr}`);
}

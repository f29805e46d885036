/**
 * `examples/tail-file`: killed in the middle of a backlog, over rotations and a truncation.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import type { ScriptChild } from "../../harness/support/child.ts";
import { openStore } from "../../mod.ts";
import { ended, type Example } from "./stage.ts";

const FILE = "app.log";

/** Two megabytes: eight of the chunks that the program takes at once. */
const BACKLOG = Array.from({ length: 2500 }, (_, at) => `line ${at} ${"x".repeat(at % 1597)}`);

/** Plays the scene. */
export async function tailFile(example: Example): Promise<void> {
  const expected = [
    ...await killInBacklogs(example),
    ...await growByHalves(example),
    ...await rotateAndCut(example),
  ];
  await using store = await openStore(join(example.directory, "data"), { readOnly: true });
  const lines = await Array.fromAsync(store.queue("lines").read(), (line) => line.text());
  assert.equal(lines.length, expected.length);
  // Not all of them: an error would tell megabytes.
  assert.deepEqual(lines.filter((line, at) => line !== expected[at]).slice(0, 3), []);
}

/**
 * Kills it once it has taken a part, each time a little later, wherever it is by then, and goes on
 * with more.
 */
async function killInBacklogs(example: Example): Promise<string[]> {
  const lines: string[] = [];
  let saved = 0;
  for (let round = 0; round < 4; round++) {
    const more = BACKLOG.map((line) => `${round} ${line}`);
    lines.push(...more);
    await appendFile(join(example.directory, FILE), `${more.join("\n")}\n`);
    await using child = example.start("main.ts");
    assert.equal(await child.nextLine(), `${FILE}: from byte ${saved}`);
    const told = byteOf(await child.nextLine());
    await setTimeout(3 * round);
    await child.killed();
    // It may have gone on before it died.
    saved = await savedOffset(example);
    assert.ok(saved >= told, `It has told of byte ${told}, and saved ${saved}`);
  }
  return lines;
}

/** A line that has no end yet is left for later. */
async function growByHalves(example: Example): Promise<string[]> {
  const file = join(example.directory, FILE);
  await appendFile(file, "first\n");
  const { size: end } = await stat(file);
  await appendFile(file, "sec");
  await using child = example.start("main.ts");
  await readTo(child, end, end);
  await appendFile(file, "ond\n");
  await readTo(child, end + "second\n".length);
  await child.killed();
  return ["first", "second"];
}

/** The file gets another name, while nobody looks and while somebody does, and is cut. */
async function rotateAndCut(example: Example): Promise<string[]> {
  const file = join(example.directory, FILE);
  await appendFile(file, "third\nand the last");
  await rename(file, `${file}.1`);
  await writeFile(file, "new\n");
  await using child = example.start("main.ts");
  await readTo(child, "new\n".length);

  await appendFile(file, "more\n");
  await rename(file, `${file}.2`);
  await writeFile(file, "newest\n");
  await readTo(child, "newest\n".length);

  // In place, and longer than it was.
  await writeFile(file, "anew and anew\n");
  assert.equal(
    await child.nextLine(),
    `${FILE}: cut, or another file: it may have had more behind byte 7`,
  );
  await readTo(child, "anew and anew\n".length);
  assert.deepEqual(await ended(child), []);
  return ["third", "and the last", "new", "more", "newest", "anew and anew"];
}

/** Reads what it prints until it has taken a file up to a byte, and at no time beyond another. */
async function readTo(child: ScriptChild, byte: number, most = Infinity): Promise<void> {
  for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
    if (byteOf(line) === byte) return;
    assert.ok(!(byteOf(line) > most), `It goes to byte ${most}: ${line}`);
  }
  assert.fail(`It has ended before byte ${byte}: ${(await child.wait()).stderr}`);
}

function byteOf(line: string | undefined): number {
  return Number(line?.match(/^app\.log: \d+ lines, up to byte (\d+)$/)?.[1]);
}

/** How far the newest checkpoint is that a writer finds. */
async function savedOffset({ directory }: Example): Promise<number> {
  await using store = await openStore(join(directory, "data"));
  await using checkpoints = await openCheckpoints(store, "tail-file");
  return Number((await checkpoints.newest())?.offsets[FILE]);
}

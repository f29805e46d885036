/**
 * A sample of `deno task flip --all`, the sectors of every file, and the bugs that the flips must
 * catch.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { failed, loadLibc } from "../../ffi/mod.ts";
import { systemEnvironment } from "../../storage/mod.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { seededRandom } from "../../harness/support/random.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import {
  drawFlips,
  flipAndReadOnce,
  flipAndWrite,
  flipped,
  kindOf,
  newReport,
  targetsOf,
  tryDamage,
} from "../../harness/content/flips.ts";
import type { DiskContent } from "../../harness/content/memory_disk.ts";
import { PLANTS } from "../../harness/content/plants.ts";
import { buildScene, type Scene, SCENE_NAMES } from "../../harness/content/scenes.ts";
import { memoryPlace, type Place, Trial } from "../../harness/content/trial.ts";

const SEED = 20261122;
const SECTOR_BYTE_LENGTH = 512;
const MOUNT_ID = "00000000000000aa";
const TASK = fileURLToPath(new URL("../../scripts/proof/flip.ts", import.meta.url));

for (const name of SCENE_NAMES) {
  test(`Trial finds nothing wrong believed after any flipped byte (${name})`, async () => {
    const trial = await Trial.of(await buildScene(name));
    const report = newReport();
    for (const flip of drawFlips(trial.scene, 30, SEED)) {
      await flipAndReadOnce(trial, flip, report);
      await flipAndWrite(trial, flip, report);
    }
    assert.deepEqual(report.failures, [], `seed ${SEED}`);
    const segments = report.tallies.get(`${name} segment read`)!;
    assert.ok(segments.refused + segments.tail >= 50, JSON.stringify(segments));
  });

  test(`Trial finds nothing wrong believed after a lost, garbled or misplaced sector (${name})`, async () => {
    const scene = await buildScene(name);
    // Zeros from the last sector on are what a write leaves that a kill cut short.
    const tailFrom = name === "closed" ? Infinity : scene.mark;
    const trial = await Trial.of({ ...scene, tailFrom });
    const report = newReport();
    let count = 0;
    for (const path of targetsOf(trial.scene)) {
      for (const [what, bytes] of sectorDamages(trial.scene.content.get(path)!)) {
        await tryDamage(trial, { path, bytes, what }, report);
        count++;
      }
    }
    assert.deepEqual(report.failures, [], `seed ${SEED}`);
    assert.ok(count > 50, `${count} sectors`);
  });
}

/** Each sector zeroed, garbled, and exchanged with each other one of the file. */
function* sectorDamages(whole: Uint8Array): Generator<readonly [what: string, bytes: Uint8Array]> {
  const random = seededRandom(SEED);
  for (let at = 0; at < whole.length; at += SECTOR_BYTE_LENGTH) {
    const end = Math.min(at + SECTOR_BYTE_LENGTH, whole.length);
    yield [`sector ${at} zeroed`, whole.slice().fill(0, at, end)];
    const garbled = whole.slice();
    garbled.set(random.bytes(end - at), at);
    yield [`sector ${at} garbled`, garbled];
    for (let other = end; other + (end - at) <= whole.length; other += SECTOR_BYTE_LENGTH) {
      const swapped = whole.slice();
      swapped.set(whole.subarray(other, other + end - at), at);
      swapped.set(whole.subarray(at, end), other);
      yield [`sectors ${at} and ${other} exchanged`, swapped];
    }
  }
}

for (const name of SCENE_NAMES) {
  test(`memoryLibc() leads to the verdicts of the real kernel (${name})`, async () => {
    const trial = await Trial.of(await buildScene(name));
    for (const flip of drawFlips(trial.scene, 3, SEED + 1)) {
      const content = flipped(trial.scene, flip);
      for (const mode of ["read", "write"] as const) {
        await using directory = await temporaryDirectory();
        const real = await trial[mode](
          flip.path,
          await realPlace(trial.scene, content, directory.path),
        );
        const simulated = await trial[mode](flip.path, memoryPlace(trial.scene, content));
        assert.equal(
          real.verdict,
          simulated.verdict,
          `${mode} ${JSON.stringify(flip)} ${real.detail}`,
        );
      }
    }
  });
}

/** The files in a real directory, with the boot and the mount that the scene knows. */
async function realPlace(scene: Scene, content: DiskContent, root: string): Promise<Place> {
  for (const [path, bytes] of content) {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, path), bytes, { mode: 0o600 });
    // As on the disk in memory: which file is the younger tells whether a broker came later.
    utimesSync(join(root, path), 0, 0);
  }
  const libc = await loadLibc();
  const environment = systemEnvironment(overrideLibc(libc, {
    bootId: () => scene.bootId,
    statx: (directory, path) => {
      const status = libc.statx(directory, path);
      return failed(status) ? status : { ...status, mountId: MOUNT_ID };
    },
  }));
  return { environment: () => environment, root, content: () => filesBelow(root) };
}

function filesBelow(root: string): DiskContent {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(root, name)).isFile());
  return new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(root, name)))]));
}

for (const name of Object.keys(PLANTS)) {
  test(`the flips catch the planted bug ${name}`, async () => {
    const args = [
      "run",
      "--quiet",
      "-A",
      TASK,
      "--sample=60",
      "--jobs=1",
      "--first",
      `--plant=${name}`,
    ];
    const { code, output } = await run(args);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^FAILED .*\n(.*\n)*${name} is caught$`, "m"));
  });
}

test("kindOf() names every file of a scene", async () => {
  const { content } = await buildScene("closed");
  assert.deepEqual(
    [...new Set(targetsOf({ ...await buildScene("closed"), content }).map(kindOf))],
    [
      "checkpoint",
      "segment",
      "consumerOffset.json",
      "consumerOffset.json.bak",
      "topics.json",
      "queue file",
      "index file",
      "lock",
      "group file",
      "streambed/meta",
      "streambed/positions",
      "streambed/tables",
    ],
  );
});

function run(args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(execPath, [...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

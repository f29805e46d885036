/**
 * Append, read and recovery figures of this machine, beside LMDB and SQLite in the same run: `deno
 * task bench`.
 *
 * Contestants take turns, round after round, so that what disturbs one disturbs the others too. The
 * figures go to standard output; the exit code is 0 also when a floor is missed, unless `--strict`
 * (1), and 2 when the arguments are wrong.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Libc, loadLibc } from "../ffi/mod.ts";
import { batchScene, laneScene, windowScene } from "./bench/append_scenes.ts";
import {
  type BenchOptions,
  parseBenchOptions,
  type SceneId,
  USAGE,
} from "./bench/bench_options.ts";
import { exitCodeOf, judgeFloors } from "./bench/floors.ts";
import { describeMachine } from "./bench/machine.ts";
import { pageScene } from "./bench/page_scene.ts";
import { describePeers } from "./bench/peer.ts";
import { queueScene } from "./bench/queue_scene.ts";
import { readScene } from "./bench/read_scene.ts";
import { recoveryScene } from "./bench/recovery_scene.ts";
import { formatFloor, formatMachine, formatScene } from "./bench/report.ts";
import { playScene, type Scene, type SceneResult } from "./bench/scene.ts";
import { Stage } from "./bench/stage.ts";
import { readArguments } from "./task_arguments.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = readArguments(args, USAGE, parseBenchOptions);
  const directory = makeDirectory(options.dir ?? tmpdir());
  try {
    return await runBench(options, await loadLibc(), directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true });
  return realpathSync(mkdtempSync(join(parent, "streambed-bench-")));
}

async function runBench(options: BenchOptions, libc: Libc, directory: string): Promise<number> {
  const { isJson, rounds, seconds, workload } = options;
  const machine = describeMachine(libc, directory);
  const peers = await describePeers();
  const tell = isJson ? () => {} : (text: string) => console.log(text);
  tell(`${formatMachine(machine)}; ${peers.join(", ")}`);
  tell(`messages of ${workload.bodyByteLength} bytes; ${rounds} rounds, ${seconds} s each time`);
  if (options.isQuick) tell("--quick: these figures show that it works, and nothing else");

  const results: SceneResult[] = [];
  const stage = new Stage(directory, workload);
  for (const id of options.scenes) {
    const scene = await makeScene(id, stage, libc);
    const result = await playScene(scene, { ...options, libc });
    results.push(result);
    tell(`\n${formatScene(result)}`);
  }
  const floors = judgeFloors(results, workload);
  tell("");
  for (const floor of floors) tell(formatFloor(floor));
  if (isJson) {
    console.log(JSON.stringify({ machine, peers, rounds, seconds, workload, results, floors }));
  }
  return exitCodeOf(floors, options.isStrict);
}

/**
 * Made just before it is played: some scenes fill stores, and not all of them fit the page cache at
 * once.
 */
async function makeScene(id: SceneId, stage: Stage, libc: Libc): Promise<Scene> {
  switch (id) {
    case "pages":
      return pageScene(stage, libc);
    case "append-all":
      return batchScene(stage);
    case "append-in-flight":
      return windowScene(stage);
    case "append-committed-1":
      return laneScene(stage, "committed", 1);
    case "append-flushed-1":
      return laneScene(stage, "flushed", 1);
    case "append-flushed-16":
      return laneScene(stage, "flushed", 16);
    case "append-flushed-256":
      return laneScene(stage, "flushed", 256);
    case "read":
      return await readScene(stage);
    case "recovery":
      return await recoveryScene(stage);
    case "queues-staged":
      return await queueScene(stage, "staged");
    case "queues-mapped":
      return await queueScene(stage, "mapped");
  }
}

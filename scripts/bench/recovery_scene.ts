/**
 * Opening a store of which nothing is known: `streambed/` was deleted, so every record of the log
 * is verified and every queue is compared with it or built anew.
 *
 * @module
 */
import { join } from "node:path";
import { openStore, type OpenStoreOptions } from "../../mod.ts";
import { fill } from "./read_scene.ts";
import type { Contestant, Scene } from "./scene.ts";
import { type Stage, WRITE_PATHS } from "./stage.ts";

/** A directory that is opened again and again. */
interface Filled {
  readonly path: string;
  readonly byteLength: number;
}

/**
 * Makes the scene: a log for each way to write, filled once.
 *
 * @param stage The stage.
 * @returns The scene.
 */
export async function recoveryScene(stage: Stage): Promise<Scene> {
  const contestants: Contestant[] = [];
  const paths: string[] = [];
  for (const writePath of WRITE_PATHS) {
    const filled = await fillLog(stage, { writePath });
    paths.push(filled.path);
    const forget = () => stage.remove(join(filled.path, "streambed"));
    const forgetQueues = () => {
      forget();
      stage.remove(join(filled.path, "consumequeue"));
    };
    contestants.push(opening(`${writePath} verified`, filled, { writePath }, forget));
    if (writePath !== "staged") continue;
    contestants.push(
      opening("staged rebuilt", filled, { writePath }, forgetQueues),
      opening("readOnly", filled, { readOnly: true }, forget),
    );
  }
  return {
    id: "recovery",
    title: `recovery: a log of ${stage.workload.recoverCount} messages, streambed/ deleted ` +
      `("rebuilt": consumequeue/ too)`,
    unit: "bytes",
    contestants,
    references: [],
    close: () => Promise.resolve(paths.forEach((path) => stage.remove(path))),
  };
}

function opening(
  name: string,
  { path, byteLength }: Filled,
  options: OpenStoreOptions,
  forget: () => void,
): Contestant {
  return {
    name,
    async run(meter) {
      forget();
      let close = () => Promise.resolve();
      await meter.measure(async () => {
        const store = await openStore(path, options);
        close = () => store.close();
        return store.info.committedPosition;
      });
      await close();
      if (meter.sample.count !== byteLength) {
        throw new Error(`Cannot trust recovery: ${meter.sample.count} bytes, not ${byteLength}`);
      }
    },
  };
}

async function fillLog(stage: Stage, options: OpenStoreOptions): Promise<Filled> {
  const path = stage.freshPath();
  const store = await openStore(path, { ...options, durability: "committed" });
  await fill(stage, stage.workload.recoverCount, (count) => store.appendAll(stage.messages(count)));
  await store.flush();
  const byteLength = store.info.committedPosition;
  await store.close();
  return { path, byteLength };
}

/**
 * Many queues against one: batches that go round robin through all of them.
 *
 * @module
 */
import { openStore } from "../../mod.ts";
import type { Contestant, Scene } from "./scene.ts";
import type { Stage, WritePathName } from "./stage.ts";

/** Messages a turn at most: the stores are kept from round to round, and grow. */
const MESSAGE_COUNT_MAX = 200_000;

/**
 * Makes the scene of one way to write. Each store is opened before and closed after its turn, so
 * that none works in another's.
 */
export async function queueScene(stage: Stage, writePath: WritePathName): Promise<Scene> {
  const { queueCount, batchCount } = stage.workload;
  const contestants: Contestant[] = [];
  const paths: string[] = [];
  for (const count of [1, queueCount]) {
    const path = stage.freshPath();
    paths.push(path);
    await makeQueues(stage, path, count);
    contestants.push(contestant(stage, path, writePath, count));
  }
  return {
    id: queueSceneId(writePath),
    title: `queues: ${writePath}, appendAll of ${batchCount}, committed, round robin`,
    unit: "messages",
    contestants,
    references: [nameOf(1)],
    close: () => Promise.resolve(paths.forEach((path) => stage.remove(path))),
  };
}

/** Short name of the scene of one way to write. */
export function queueSceneId(writePath: WritePathName): string {
  return `queues-${writePath}`;
}

/** Name of a contestant. */
export function nameOf(queueCount: number): string {
  return queueCount === 1 ? "1 queue" : `${queueCount} queues`;
}

/** The folders of the queues are made before anybody's time is taken. */
async function makeQueues(stage: Stage, path: string, queueCount: number): Promise<void> {
  const store = await openStore(path, { durability: "committed" });
  await store.appendAll(stage.messages(queueCount, (index) => index));
  await store.close();
}

function contestant(
  stage: Stage,
  path: string,
  writePath: WritePathName,
  queueCount: number,
): Contestant {
  const { batchCount } = stage.workload;
  return {
    name: nameOf(queueCount),
    async run(meter) {
      const store = await openStore(path, { writePath, durability: "committed" });
      try {
        await meter.measure(async (goesOn) => {
          let count = 0;
          while (goesOn(count) && count < MESSAGE_COUNT_MAX) {
            const start = count;
            const batch = stage.messages(batchCount, (index) => (start + index) % queueCount);
            count += (await store.appendAll(batch)).count;
          }
          return count;
        });
      } finally {
        await store.close();
      }
    },
  };
}

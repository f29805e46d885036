/**
 * Appending: in batches, many at a time, one by one; committed and flushed.
 *
 * @module
 */
import type { Durability, Store } from "../../mod.ts";
import type { Meter } from "./meter.ts";
import { LMDB, type Peer, type PeerKind, SQLITE } from "./peer.ts";
import type { Contestant, Scene } from "./scene.ts";
import { type Stage, TOPIC, WRITE_PATHS, type WritePathName } from "./stage.ts";

const PEERS = [LMDB, SQLITE];
const WINDOW = 1000;

/** Batches: the floor is here. */
export function batchScene(stage: Stage): Scene {
  const { batchCount } = stage.workload;
  const batch = stage.messages(batchCount);
  return {
    id: "append-all",
    title: `append: appendAll of ${batchCount}, committed, dispatched`,
    unit: "messages",
    contestants: [
      ...WRITE_PATHS.map((writePath) =>
        stage.store(writePath, { writePath }, (store, meter) =>
          meter.measure(async (goesOn) => {
            let count = 0;
            while (goesOn(count)) count += (await store.appendAll(batch)).count;
            return count;
          }))
      ),
      ...peers(stage, "committed", batchCount),
    ],
    references: ["sqlite", "lmdb"],
    close: () => Promise.resolve(),
  };
}

/** Many single appends at a time. */
export function windowScene(stage: Stage): Scene {
  const message = stage.messages(1)[0];
  return {
    id: "append-in-flight",
    title: `append: single append() calls, ${WINDOW} in flight, committed`,
    unit: "messages",
    contestants: WRITE_PATHS.map((writePath) =>
      stage.store(writePath, { writePath }, (store, meter) =>
        meter.measure(async (goesOn) => {
          let count = 0;
          while (goesOn(count)) {
            const window = Array.from({ length: WINDOW }, () => store.append(message));
            count += (await Promise.all(window)).length;
          }
          return count;
        }))
    ),
    references: [],
    close: () => Promise.resolve(),
  };
}

/** Some who each wait for their message before they send the next. */
export function laneScene(stage: Stage, durability: Durability, laneCount: number): Scene {
  const isAlone = laneCount === 1;
  return {
    id: `append-${durability}-${laneCount}`,
    title: `append: append() one by one, ${durability}, ` +
      (isAlone ? "1 in flight" : `${laneCount} in flight (group commit)`),
    unit: "messages",
    contestants: [
      ...WRITE_PATHS.map((writePath) => laneContestant(stage, writePath, durability, laneCount)),
      ...peers(stage, durability, laneCount),
    ],
    references: ["sqlite", "lmdb"],
    close: () => Promise.resolve(),
  };
}

function laneContestant(
  stage: Stage,
  writePath: WritePathName,
  durability: Durability,
  laneCount: number,
): Contestant {
  return stage.store(writePath, { writePath, durability }, async (store, meter) => {
    await meter.measure(async (goesOn) => {
      const tally = { count: 0 };
      const lanes = Array.from({ length: laneCount }, () => lane(stage, store, goesOn, tally));
      await Promise.all(lanes);
      return tally.count;
    });
  });
}

/** Somebody who waits for each of his messages before he sends the next. */
async function lane(
  stage: Stage,
  store: Store,
  goesOn: (done: number) => boolean,
  tally: { count: number },
): Promise<void> {
  const { body } = stage;
  while (goesOn(tally.count)) {
    await store.append({ topic: TOPIC, body });
    tally.count++;
  }
}

/** Peers whose transactions have as many messages as one of our commits or flushes serves. */
function peers(stage: Stage, durability: Durability, batchCount: number): Contestant[] {
  const isFlushed = durability === "flushed";
  return PEERS.map((kind: PeerKind) =>
    stage.peer(kind, { isFlushed }, (peer: Peer, meter: Meter) =>
      meter.measure((goesOn) => {
        let count = 0;
        for (; goesOn(count); count += batchCount) peer.append(stage.body, batchCount);
        return count;
      }))
  );
}

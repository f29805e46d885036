/**
 * Reading a queue from its first message to its last, from the page cache; every body is touched.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { openStore, type Queue, type Store, type StoredMessage } from "../../mod.ts";
import { LMDB, type Peer, type PeerKind, SQLITE } from "./peer.ts";
import type { Contestant, Scene } from "./scene.ts";
import { type Stage, TOPIC, WRITE_PATHS } from "./stage.ts";

const READ_BATCH_COUNT = 1000;

/** One way to read a queue whole; gives how many messages it saw. */
type Reading = (queue: Queue, touch: (body: Uint8Array) => void) => number | Promise<number>;

const READINGS: Readonly<Record<string, Reading>> = {
  "read()": async (queue, touch) => {
    let count = 0;
    for await (const message of queue.read()) {
      touch(message.body);
      count++;
    }
    return count;
  },
  "readBatch()": async (queue, touch) => {
    let count = 0;
    let batch: StoredMessage[];
    do {
      batch = await queue.readBatch({ from: count, limit: READ_BATCH_COUNT });
      for (const message of batch) touch(message.body);
      count += batch.length;
    } while (batch.length > 0);
    return count;
  },
  "borrowSync()": (queue, touch) => queue.borrowSync({}, touch),
};

/**
 * Makes the scene: each contestant has its store, filled once.
 *
 * @param stage The stage.
 * @returns The scene.
 */
export async function readScene(stage: Stage): Promise<Scene> {
  const stores = await Promise.all(WRITE_PATHS.map((writePath) => fillStore(stage, writePath)));
  const peers = await Promise.all([LMDB, SQLITE].map((kind) => fillPeer(stage, kind)));
  const { readCount } = stage.workload;
  return {
    id: "read",
    title: `read: ${readCount} messages in order, bodies touched`,
    unit: "messages",
    contestants: [
      ...stores.flatMap(({ name, store }) =>
        Object.entries(READINGS).map(([way, reading]) =>
          contestant(`${name} ${way}`, readCount, (touch) => reading(store.queue(TOPIC), touch))
        )
      ),
      ...peers.map(({ name, peer }) =>
        contestant(name, readCount, (touch) => {
          let count = 0;
          peer.readAll((body) => {
            touch(body);
            count++;
          });
          return count;
        })
      ),
    ],
    references: ["lmdb", "sqlite"],
    async close() {
      for (const { store, path } of stores) {
        await store.close();
        stage.remove(path);
      }
      for (const { peer, path } of peers) {
        await peer.close();
        stage.remove(path);
      }
    },
  };
}

function contestant(
  name: string,
  expected: number,
  read: (touch: (body: Uint8Array) => void) => number | Promise<number>,
): Contestant {
  return {
    name,
    run: (meter) =>
      meter.measure(async (goesOn) => {
        let count = 0;
        let sum = 0;
        do {
          const seen = await read((body) => sum += body[0] + body[body.length - 1]);
          if (seen !== expected || Number.isNaN(sum)) {
            throw new Error(`Cannot trust reading: ${seen} messages instead of ${expected}`);
          }
          count += seen;
        } while (goesOn(count));
        return count;
      }),
  };
}

async function fillStore(
  stage: Stage,
  writePath: (typeof WRITE_PATHS)[number],
): Promise<{ name: string; store: Store; path: string }> {
  const path = stage.freshPath();
  const store = await openStore(path, { writePath, durability: "committed" });
  await fill(stage, stage.workload.readCount, (count) => store.appendAll(stage.messages(count)));
  await store.flush();
  return { name: writePath, store, path };
}

async function fillPeer(
  stage: Stage,
  kind: PeerKind,
): Promise<{ name: string; peer: Peer; path: string }> {
  const path = stage.freshPath();
  mkdirSync(path);
  const peer = await kind.open(path, { isFlushed: false });
  await fill(stage, stage.workload.readCount, (count) => peer.append(stage.body, count));
  return { name: kind.name, peer, path };
}

/** Appends so many messages, batch by batch. */
export async function fill(
  stage: Stage,
  total: number,
  append: (count: number) => unknown,
): Promise<void> {
  const { batchCount } = stage.workload;
  for (let count = 0; count < total; count += batchCount) {
    await append(Math.min(batchCount, total - count));
  }
}

/**
 * The life of a store on a disk that has only some blocks left: whatever it wants to grow, it meets
 * the end of the disk there once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import {
  type Environment,
  innerPortOf,
  type Message,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  StoreError,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";

/** What a life needs. */
export interface LifePlan {
  /** The world, in which calls are watched. */
  readonly environment: Environment;
  /** Directory of the store, new. */
  readonly path: string;
  /** File for a backup, on the same disk. */
  readonly backupPath: string;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /** Whether the store is closed before there is room again. */
  readonly isClosedFull: boolean;
  /** Makes room. */
  readonly makeRoom: () => void;
}

/** What a life saw. */
export interface LifeResult {
  /** What was tried, with the code of the error that it gave. */
  readonly failures: string[];
}

const JOB = "job";
const BODY_BYTE_LENGTH = 3000;
const SINGLE_COUNT = 12;
const ROLLING_COUNT = 60;
const GEOMETRY = {
  geometry: {
    segmentByteLength: 64 * 1024,
    maxBodyByteLength: 20_000,
    queueEntryCount: 40,
    indexSlotCount: 20,
    indexEntryCount: 80,
  },
};

/** Opens, writes, closes, and opens again once there is room. */
export async function liveOnFullDisk(plan: LifePlan): Promise<LifeResult> {
  const life = new Life(plan);
  await life.live();
  return { failures: life.failures };
}

class Life {
  readonly failures: string[] = [];
  readonly #plan: LifePlan;
  readonly #options: OpenStoreOptions;
  /** Bodies that were acknowledged, by topic and queue. */
  readonly #acknowledged = new Map<string, string[]>();
  #sentCount = 0;
  #checkpointId = 0;

  constructor(plan: LifePlan) {
    this.#plan = plan;
    this.#options = {
      ...GEOMETRY,
      writePath: plan.writePath,
      tuning: {
        flushIntervalMs: 2,
        flushThoroughIntervalMs: 4,
        groupIntervalMs: 2,
      },
    };
  }

  async live(): Promise<void> {
    const { environment, path, makeRoom, isClosedFull } = this.#plan;
    const store = await this.#try("open", () => openStoreIn(environment, path, this.#options));
    if (store !== undefined) {
      await this.#writeAll(store);
      if (isClosedFull) await this.#try("close", () => store.close());
      makeRoom();
      if (!isClosedFull) await this.#goOn(store);
    } else makeRoom();
    await this.#openWithRoom();
  }

  async #writeAll(store: Store): Promise<void> {
    const { backupPath } = this.#plan;
    for (let count = 0; count < SINGLE_COUNT; count++) {
      await this.#append("append", store, { topic: "A", queueId: count % 2 });
    }
    await this.#try("group", () => this.#readAsGroup(store));
    await this.#try("checkpoint", () => this.#saveCheckpoint(store));
    await this.#try("atomic", () => this.#appendGroup(store));
    for (let count = 0; count < ROLLING_COUNT; count++) {
      await this.#append("roll", store, { topic: "B", queueId: count % 3 });
    }
    await this.#try("flush", () => store.flush());
    const copied = await this.#try("backup", () => store.backup(backupPath));
    if (copied === undefined) assert.ok(!existsSync(backupPath), "No half backup is left");
    rmSync(backupPath, { force: true });
  }

  async #append(step: string, store: Store, to: { topic: string; queueId: number }): Promise<void> {
    const message = this.#message(to.topic, to.queueId);
    const result = await this.#try(step, () => store.append(message));
    if (result !== undefined) this.#acknowledge([message]);
  }

  async #appendGroup(store: Store): Promise<void> {
    const messages = ["C", "D", "C"].map((topic) => this.#message(topic, 0));
    await store.appendAll(messages, { atomic: true });
    this.#acknowledge(messages);
  }

  async #readAsGroup(store: Store): Promise<void> {
    const lease = innerPortOf(store).claim({ group: "group", topic: "A", queueId: 0 });
    lease.done(2);
    lease.release();
    // It is written in the background, as the queues are.
    await new Promise((resolve) => setTimeout(resolve, 12));
  }

  async #saveCheckpoint(store: Store): Promise<void> {
    await using checkpoints = await openCheckpoints<string>(store, JOB);
    const state = "s".repeat(9000);
    const { id } = await checkpoints.save({ offsets: { n: 1 }, state });
    this.#checkpointId = id;
  }

  /** The store that met the full disk goes on. */
  async #goOn(store: Store): Promise<void> {
    const message = this.#message("A", 0);
    await store.append(message);
    this.#acknowledge([message]);
    await store.close();
    this.#assertNoLeftovers();
  }

  async #openWithRoom(): Promise<void> {
    const { environment, path } = this.#plan;
    {
      await using store = await openStoreIn(environment, path, this.#options);
      const message = this.#message("A", 1);
      await store.append(message);
      this.#acknowledge([message]);
      await this.#assertWhole(store);
    }
    this.#assertNoLeftovers();
    const report = await verifyStore(environment, path);
    assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
  }

  async #assertWhole(store: Store): Promise<void> {
    for (const [name, bodies] of this.#acknowledged) {
      const [topic, queueId] = name.split("/");
      const found: string[] = [];
      for await (const message of store.queue(topic, Number(queueId)).read()) {
        found.push(message.text());
      }
      assert.deepEqual(found, bodies, `${name}: what was acknowledged, and nothing else`);
      const { key } = { key: bodies.at(-1)!.split(" ", 1)[0] };
      const hits = await Array.fromAsync(store.find(topic, key));
      assert.equal(hits.length, 1, `${name}: the last key is found`);
    }
    await using checkpoints = await openCheckpoints<string>(store, JOB, { readOnly: true });
    assert.equal((await checkpoints.newest())?.id ?? 0, this.#checkpointId);
  }

  /** What was prepared or half written must not keep its space. */
  #assertNoLeftovers(): void {
    const names = readdirSync(join(this.#plan.path, "streambed"));
    assert.deepEqual(names.filter((name) => /^(next|temporary)-/.test(name)), []);
  }

  #message(topic: string, queueId: number): Message {
    const key = `k${this.#sentCount++}`;
    return { topic, queueId, keys: key, body: `${key} `.padEnd(BODY_BYTE_LENGTH, "x") };
  }

  #acknowledge(messages: readonly Message[]): void {
    for (const { topic, queueId, body } of messages) {
      const name = `${topic}/${queueId}`;
      const bodies = this.#acknowledged.get(name) ?? [];
      bodies.push(body as string);
      this.#acknowledged.set(name, bodies);
    }
  }

  /** A full disk is an error of its own class, and nothing else is an answer. */
  async #try<T>(step: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      const isTyped = StoreError.is(error, "DISK_FULL");
      if (!isTyped) {
        const words = StoreError.is(error, "DURABILITY_LOST") ? error.cause : error;
        throw new Error(`Cannot ${step} on a full disk: ${error}`, { cause: words });
      }
      assert.match(error.message, /the disk is full; make room and try again$/);
      this.failures.push(`${step}: ${error.code}`);
      return undefined;
    }
  }
}

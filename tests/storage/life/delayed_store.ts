/**
 * Simulated stores with delayed messages, for tests: their time moves when the test says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { check } from "../../../ffi/mod.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, DIRECTORY } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";
import type { Message, OpenStoreOptions } from "../../../mod.ts";

/** Small segments, of which a test fills some. */
export const OPTIONS: OpenStoreOptions = { geometry: { segmentByteLength: 16 * 1024 } };
const FILE = "config/delayOffset.json";
/** Where messages wait. */
export const WAITING = "SCHEDULE_TOPIC_XXXX";

/** Opens the store of a machine. */
export async function open(kernel: SimKernel, options: OpenStoreOptions = {}): Promise<SimLife> {
  return await openSimStore(kernel, { ...OPTIONS, ...options });
}

/** Appends messages to topic `t`, unless they say otherwise, and waits for the disk. */
export async function send(life: SimLife, ...messages: Partial<Message>[]): Promise<void> {
  const all = messages.map((message) => ({ topic: "t", body: "", ...message }));
  await life.settle(life.store.appendAll(all, { durability: "flushed" }));
}

/** Bodies of what is in a topic now. */
export async function texts(
  { store, settle }: SimLife,
  topic = "t",
  queueId = 0,
): Promise<string[]> {
  const batch = await settle(store.queue(topic, queueId).readBatch({ limit: 1000 }));
  return batch.map((message) => message.text());
}

/** Appends so many messages of 4,000 bytes to another topic, over a while. */
export async function fill(kernel: SimKernel, life: SimLife, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    await send(life, { topic: "x", body: new Uint8Array(4000) });
    await kernel.scheduler.advance(100);
  }
}

/** What is due within a second is delivered late if the disk is full then, and not lost. */
export async function assertTriedAgain(
  kernel: SimKernel,
  life: SimLife,
  bodies: readonly string[],
): Promise<void> {
  const { free } = kernel.space;
  await kernel.scheduler.advance(900);
  kernel.space.free = 0;
  const fillAll = async () => {
    for (;;) await send(life, { topic: "x", body: new Uint8Array(4000) });
  };
  await assert.rejects(fillAll(), { code: "DISK_FULL" });
  await kernel.scheduler.advance(3000);
  assert.deepEqual(await texts(life), []);
  kernel.space.free = free;
  await kernel.scheduler.advance(3000);
  assert.deepEqual(await texts(life), bodies);
}

/** How far the file says the first level is. */
export function told(kernel: SimKernel): string {
  const path = `${DIRECTORY}/${FILE}`;
  if (kernel.lookUp(path) === undefined) return "";
  const file = kernel.file(path);
  const bytes = file.pages.get(0)?.current.subarray(0, file.byteLength);
  return /\{\s*1:(\d+)/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";
}

/** Puts a text in the place of the broker's file. */
export function writeFile(kernel: SimKernel, text: string): void {
  const user = boot(kernel);
  const { libc, process } = user;
  libc.mkdirat(user.directory, "config", 0o700);
  const bytes = new TextEncoder().encode(text);
  const { O_RDWR, O_CREAT, O_TRUNC } = libc.constants;
  const how = { flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o600 };
  const file = check(libc.openat2(user.directory, FILE, how), "open");
  check(libc.pwrite(file, bytes, 0), "write");
  kernel.exit(process);
}

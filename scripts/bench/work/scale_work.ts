/**
 * Work that takes long: much that is written while it is flushed in the background.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import { openWriter } from "./append_work.ts";
import { messageCountOf } from "./read_work.ts";
import { TOPIC, type Turn } from "./turn.ts";

const RECORD_BYTE_LENGTH = 1024;
const BLOCK_BYTE_LENGTH = 1024 * 1024;
/** As the store does by default. */
const FLUSH_INTERVAL_MS = 500;

/** Batches until a count is reached, with the store's own flushing. */
export async function sustain(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  const batch = turn.messages(turn.batchCount);
  const total = messageCountOf(turn);
  await turn.measureOnce(async () => {
    let count = 0;
    while (count < total) count += (await store.appendAll(batch)).count;
    return count;
  });
}

/** As many bytes by `dd`, flushed in the background at the intervals of a store. */
export async function sustainDd(turn: Turn): Promise<void> {
  const total = messageCountOf(turn);
  const path = turn.freshPath();
  const { O_RDWR, O_CREAT } = turn.libc.constants;
  const descriptor = check(
    turn.libc.open(path, { flags: O_RDWR | O_CREAT, mode: 0o600 }),
    "open",
    path,
  );
  const blockCount = Math.ceil(total * RECORD_BYTE_LENGTH / BLOCK_BYTE_LENGTH);
  await turn.measureOnce(async () => {
    const dd = new Deno.Command("dd", {
      args: ["if=/dev/zero", `of=${path}`, "bs=1M", `count=${blockCount}`, "conv=notrunc"],
      stderr: "null",
    }).spawn();
    let flushing = Promise.resolve();
    const timer = setInterval(() => {
      flushing = flushing.then(() => turn.libc.fdatasyncAsync(descriptor)).then(() => undefined);
    }, FLUSH_INTERVAL_MS);
    const { success } = await dd.status;
    clearInterval(timer);
    if (!success) throw new Error("Cannot measure dd: it failed");
    return total;
  });
}

/** Single appends, one after the other, each with its time. */
export async function appendTimed(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  const total = messageCountOf(turn);
  const micros = new Float64Array(total);
  await turn.measureOnce(async () => {
    for (let count = 0; count < total; count++) {
      const start = performance.now();
      await store.append({ topic: TOPIC, body: turn.body(count) });
      micros[count] = (performance.now() - start) * 1000;
    }
    return total;
  });
  turn.tellLatency(micros);
}

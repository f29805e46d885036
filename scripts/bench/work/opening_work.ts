/**
 * Opening a store: after everything that tells about its log was deleted, and after a clean end.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { messageCountOf } from "./read_work.ts";
import { TOPIC, type Turn } from "./turn.ts";

/** Every record of the log is verified, and every queue compared with it or built anew. */
export async function recover(turn: Turn): Promise<void> {
  const { forgotten = [] } = turn.how;
  for (const name of forgotten) rmSync(join(turn.path, name), { recursive: true, force: true });
  await open(turn, messageCountOf(turn));
}

/** A store that was closed. */
export async function openClean(turn: Turn): Promise<void> {
  await open(turn, 1);
}

/** A process opens its store once. */
async function open(turn: Turn, count: number): Promise<void> {
  const { writePath, readOnly } = turn.how;
  const { openStore } = await turn.version();
  let close = () => Promise.resolve();
  let seen = 0;
  await turn.measureOnce(async () => {
    const store = await openStore(turn.path, { writePath, readOnly });
    seen = store.queue(TOPIC).endOffset;
    close = () => store.close();
    return count;
  });
  await close();
  if (seen !== messageCountOf(turn)) {
    throw new Error(`Cannot trust opening: ${seen} messages, not ${messageCountOf(turn)}`);
  }
}

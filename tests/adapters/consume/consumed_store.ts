/**
 * A consumer for tests of crashes: how often a message fails, its body says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { consume, type ConsumeOptions, type ConsumeResult } from "../../../mod.ts";
import type { Store, StoredMessage } from "../../../storage/mod.ts";

/** The group that consumes. */
export const GROUP = "g";
/** How often a message is tried again before it is a dead letter. */
export const LIMIT = 2;

/** Bodies that fail so often as they say, with a letter to tell them apart. */
export const BODIES: readonly string[] = ["0a", "1b", "9c", "0d", "2e", "1f", "9g", "0h"];

/** What was handled: `body:attempt`, in the order of the calls. */
export type Handled = string[];

/** Consumes what is there, and what comes back at once; tells what was handled. */
export async function consumeAll(
  store: Store,
  handled: Handled,
  options: Partial<ConsumeOptions> = {},
): Promise<ConsumeResult> {
  return await consume(store, "t", {
    group: GROUP,
    retry: { limit: LIMIT, delayMs: () => 0 },
    follow: false,
    handle(message, { attempt }) {
      const text = message.text();
      handled.push(`${text}:${attempt}`);
      if (attempt <= Number(text[0])) throw new Error(`${text} fails`);
    },
    ...options,
  });
}

/** Checks that each try left exactly one copy, and that every message was handled. */
export async function checkCopies(
  read: (topic: string) => Promise<StoredMessage[]>,
  handled: Handled,
  what: string,
  bodies: readonly string[] = BODIES,
): Promise<void> {
  const copiesOf = async (topic: string) =>
    (await read(topic)).map((one) => `${one.text()}:${one.reconsumeTimes}`).sort();
  const failures = bodies.flatMap((body) =>
    Array.from({ length: Math.min(Number(body[0]), LIMIT) }, (_, index) => `${body}:${index + 1}`)
  );
  assert.deepEqual(await copiesOf(`%RETRY%${GROUP}`), failures.sort(), `${what}: retries`);
  const dead = bodies.filter((body) => Number(body[0]) > LIMIT).map((body) =>
    `${body}:${LIMIT + 1}`
  );
  assert.deepEqual(await copiesOf(`%DLQ%${GROUP}`), dead.sort(), `${what}: dead letters`);
  const calls = bodies.flatMap((body) =>
    Array.from(
      { length: Math.min(Number(body[0]), LIMIT) + 1 },
      (_, index) => `${body}:${index + 1}`,
    )
  );
  assert.deepEqual([...new Set(handled)].sort(), calls.sort(), `${what}: handled`);
}

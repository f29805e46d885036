/**
 * Messages that the suites of sources write and read.
 *
 * @module
 */
import type { Message, SourceOptions, Store } from "../../mod.ts";
import type { StreamHarness } from "./streams.ts";

/** Messages of a topic that go to several queues in turn, bodies `"0"`, `"1"` and so on. */
export function numbered(count: number, queueIds: readonly number[] = [0]): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    topic: "orders",
    queueId: queueIds[index % queueIds.length],
    tags: index % 3 === 0 ? "third" : undefined,
    body: `${index}`,
  }));
}

/** The bodies that a source gives, to its end. */
export async function readAll(
  { streams }: StreamHarness,
  store: Store,
  options: SourceOptions = {},
): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of streams.source(store, "orders", options)) texts.push(message.text());
  return texts;
}

/** Lets everything happen that needs no outside event. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The bodies of {@linkcode numbered}, from a number to another. */
export function texts(from: number, to: number, step = 1): string[] {
  const all: string[] = [];
  for (let number = from; number < to; number += step) all.push(`${number}`);
  return all;
}

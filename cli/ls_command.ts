/**
 * `streambed ls` and `streambed info`: what a store holds, and what it is.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import type { Geometry, Queue, Store, StoreInfo } from "../storage/mod.ts";
import type { Context } from "./context.ts";
import { type IndexBasis, indexBasis } from "./index_division.ts";
import { topicOf, withReader } from "./open_store.ts";
import { countText, lengthText, nameText, printable, timeText } from "./text.ts";

interface QueueListing {
  readonly topic: string;
  readonly queueId: number;
  readonly earliestOffset: number;
  readonly endOffset: number;
  /** Of the queue's records; null if not counted. */
  readonly byteLength: number | null;
  /** storeTimestamp of the first message, ms since epoch; null for an empty queue. */
  readonly earliestTimestamp: number | null;
  readonly latestTimestamp: number | null;
}

const BORROW_COUNT = 4096;

export function addList(program: Command, context: Context): void {
  program.command("ls")
    .description("list topics and queues with their offsets, bytes and times")
    .argument("[topic]", "only this topic")
    .option("--no-bytes", "do not add up the bytes, which reads every record")
    .action(async (topic: string | undefined, { bytes }: { readonly bytes: boolean }) => {
      const listings = await withReader(
        context,
        (store) => listQueues(context, store, topic, bytes),
      );
      context.list(listings, {
        none: "there are no topics yet",
        head: ["TOPIC", "QUEUE", "EARLIEST", "END", "MESSAGES", "BYTES", "FIRST", "LAST"],
        row: rowOf,
        right: [1, 2, 3, 4, 5],
        // End and count tell where a queue begins, and the last time tells more than the first.
        spare: [6, 7, 2, 5],
      });
    });
  program.command("info")
    .description("tell what the store is: geometry, durability, guard, mark, positions")
    .action(async () => {
      const info = await withReader(context, (store) => store.info);
      const index = await indexBasis(context, info.geometry);
      context.result({ ...info, indexBasis: index }, () => printInfo(context, info, index));
    });
}

async function listQueues(
  context: Context,
  store: Store,
  topic: string | undefined,
  bytes: boolean,
): Promise<QueueListing[]> {
  const totalByteLength = store.info.committedPosition - store.info.earliestPosition;
  const topics = topic === undefined ? store.topics() : [topicOf(store, topic)];
  const listings: QueueListing[] = [];
  let doneByteLength = 0;
  await context.working("read", async ({ signal, onProgress }) => {
    for (const info of topics) {
      for (const { queueId } of info.queues) {
        signal.throwIfAborted();
        const listing = await listQueue(store.queue(info.topic, queueId), bytes);
        listings.push(listing);
        doneByteLength += listing.byteLength ?? 0;
        onProgress({ doneByteLength, totalByteLength });
      }
    }
  });
  return listings;
}

async function listQueue(queue: Queue, bytes: boolean): Promise<QueueListing> {
  const { topic, queueId, earliestOffset, endOffset } = queue;
  const [first] = await queue.readBatch({ from: earliestOffset, limit: 1 });
  const [last] = endOffset > earliestOffset
    ? await queue.readBatch({ from: endOffset - 1, limit: 1 })
    : [];
  return {
    topic,
    queueId,
    earliestOffset,
    endOffset,
    byteLength: bytes ? byteLengthOf(queue) : null,
    earliestTimestamp: first?.storeTimestamp ?? null,
    latestTimestamp: last?.storeTimestamp ?? null,
  };
}

function byteLengthOf(queue: Queue): number {
  let byteLength = 0;
  let from = queue.earliestOffset;
  for (let before = -1; from > before && from < queue.endOffset;) {
    before = from;
    from = queue.borrowSync({ from, limit: BORROW_COUNT }, (record) => byteLength += record.length);
  }
  return byteLength;
}

function rowOf(one: QueueListing): string[] {
  return [
    nameText(one.topic),
    String(one.queueId),
    String(one.earliestOffset),
    String(one.endOffset),
    String(one.endOffset - one.earliestOffset),
    one.byteLength === null ? "-" : lengthText(one.byteLength),
    one.earliestTimestamp === null ? "-" : timeText(one.earliestTimestamp),
    one.latestTimestamp === null ? "-" : timeText(one.latestTimestamp),
  ];
}

function printInfo({ output, colours }: Context, info: StoreInfo, index: IndexBasis): void {
  const { geometry } = info;
  const length = info.committedPosition - info.earliestPosition;
  const lines: [string, string][] = [
    ["path", info.path],
    ["store id", info.storeId ?? "none, only RocketMQ wrote here"],
    ["durability", info.durability],
    ["guard", info.guard],
    [
      "log",
      `positions ${info.earliestPosition} to ${info.committedPosition}, ${lengthText(length)}`,
    ],
    ["flushed", `to position ${info.flushedPosition}`],
    ["mark", info.storeId === undefined ? "none" : String(info.markPosition)],
    ["segments", `${info.segmentCount} of ${exactText(geometry.segmentByteLength)}`],
    ["queues", `${info.queueCount}, files of ${geometry.queueEntryCount} entries`],
    ["index", indexText(geometry, index)],
    ["longest body", exactText(geometry.maxBodyByteLength)],
    ["notes", String(info.notes.length)],
  ];
  for (const [name, value] of lines) {
    output.line(`${colours.bold(`${name}:`.padEnd(14))} ${printable(value)}`);
  }
}

function indexText({ indexSlotCount, indexEntryCount }: Geometry, index: IndexBasis): string {
  const files = `files of ${indexSlotCount} slots and ${indexEntryCount} entries`;
  switch (index) {
    case "told":
      return files;
    case "assumed":
      return `${files}, assumed: nothing in them tells`;
    case "none":
      return `none yet; a writer makes ${files}`;
  }
}

/** A length that is copied into a configuration: short only where nothing is lost. */
function exactText(byteLength: number): string {
  const text = lengthText(byteLength);
  return text.includes(".") ? countText(byteLength, "byte") : text;
}

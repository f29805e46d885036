/**
 * What must be true of a store after the power came back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import type { Queue, Store } from "../../../storage/mod.ts";
import { MEMBERS, parsePlace, SENT_QUEUES, type SentPlace, sentText } from "../sent.ts";
import { EMIT_EVERY, JOB, SAVED_TOPIC, SAVER, type Totals, totalsAt } from "./sums.ts";

/** What is known to be durable, from what was acknowledged and from what was found before. */
export interface Known {
  /** Offset after the last message that must be there, by index in {@linkcode SENT_QUEUES}. */
  readonly ends: number[];
  /** Number of the checkpoint that must be there. */
  checkpointId: number;
  /** What the group had read at least. */
  progress: number;
  /** Highest position that was ever written: bounds what retention may have taken. */
  writtenPosition: number;
}

/** What was found. */
export interface Found {
  /** Messages that could be read. */
  readonly messageCount: number;
  /** Members of atomic batches among them. */
  readonly memberCount: number;
}

/** Nothing is known of a store that was never written. */
export function nothingKnown(): Known {
  return { ends: SENT_QUEUES.map(() => 0), checkpointId: 0, progress: 0, writtenPosition: 0 };
}

/**
 * Reads all of it. What was found counts as known from now on. What counts only where it is flushed
 * is looked at through a writer: a reader knows of a dead writer's flushes no more than the mark
 * says.
 *
 * @param store The store.
 * @param known What must be there; moved on.
 * @param maxByteLength What retention keeps.
 * @returns What was found.
 */
export async function checkStore(
  store: Store,
  known: Known,
  maxByteLength: number,
): Promise<Found> {
  checkRetention(store, known, maxByteLength);
  const found = { messageCount: 0, memberCount: 0 };
  for (const [index, { topic, queueId }] of SENT_QUEUES.entries()) {
    await checkQueue(store, store.queue(topic, queueId), index, known, found);
  }
  if (store.info.role === "writer") {
    await checkCheckpoints(store, known);
    await checkJob(store);
  }
  checkProgress(store, known);
  return found;
}

/** Whole segments at the head may be gone, but no more than the limit says. */
function checkRetention(store: Store, known: Known, maxByteLength: number): void {
  const { earliestPosition, committedPosition, geometry } = store.info;
  const { segmentByteLength } = geometry;
  assert.equal(earliestPosition % segmentByteLength, 0, "Only whole segments are gone");
  const most = Math.max(known.writtenPosition, committedPosition) + 2 * segmentByteLength;
  const mayStart = Math.max(0, most - maxByteLength);
  assert.ok(earliestPosition <= mayStart, `Retention took what is below ${earliestPosition}`);
}

async function checkQueue(
  store: Store,
  queue: Queue,
  index: number,
  known: Known,
  found: { messageCount: number; memberCount: number },
): Promise<void> {
  let offset = queue.earliestOffset;
  for await (const message of queue.read()) {
    const place = `${queue.topic}/${queue.queueId} offset ${offset}`;
    assert.equal(message.offset, offset, `${place}: nothing is twice, nothing is missing`);
    assert.equal(message.text(), sentText({ queue: index, offset }), `${place}: it was sent`);
    assert.deepEqual([message.topic, message.queueId], [queue.topic, queue.queueId]);
    const members = message.properties.get(MEMBERS)?.split(",").map(parsePlace) ?? [];
    for (const member of members) checkMember(store, member, place);
    if (members.length > 0) found.memberCount++;
    found.messageCount++;
    offset++;
  }
  const end = known.ends[index];
  const lost = `acknowledged messages of ${queue.topic}/${queue.queueId} are lost`;
  assert.ok(offset >= end, `${end - offset} ${lost}: it ends at ${offset} instead of ${end}`);
  known.ends[index] = offset;
}

/** A group stands in one segment, so all of it is there, or none. */
function checkMember(store: Store, member: SentPlace, place: string): void {
  const { topic, queueId } = SENT_QUEUES[member.queue];
  const { earliestOffset, endOffset } = store.queue(topic, queueId);
  const isThere = member.offset >= earliestOffset && member.offset < endOffset;
  const range = `the queue has ${earliestOffset} to ${endOffset}`;
  assert.ok(isThere, `${place} is half a group: ${topic}/${queueId} ${member.offset}: ${range}`);
}

async function checkCheckpoints(store: Store, known: Known): Promise<void> {
  await using checkpoints = await openCheckpoints<{ id: number }>(store, SAVER, { readOnly: true });
  const last = await checkpoints.newest();
  const id = last?.id ?? 0;
  assert.ok(id >= known.checkpointId, `Checkpoint ${known.checkpointId} is lost, ${id} is there`);
  if (last !== undefined) assert.deepEqual([last.state.id, last.offsets], [id, { n: id }]);
  known.checkpointId = id;
  const outputs = await checkSequence(
    store.queue(SAVED_TOPIC),
    (offset) => `${(offset >> 1) + 1} ${offset & 1}`,
  );
  assert.equal(outputs, 2 * id, "Outputs and checkpoint are there together");
}

async function checkJob(store: Store): Promise<void> {
  await using checkpoints = await openCheckpoints<Totals>(store, JOB, { readOnly: true });
  const last = await checkpoints.newest();
  const { topic } = SENT_QUEUES[0];
  const positions = [0, 1].map((queueId) => Number(last?.offsets[`${topic}/${queueId}`] ?? 0));
  for (const [queueId, position] of positions.entries()) {
    assert.ok(
      position <= store.queue(topic, queueId).endOffset,
      "The job is not ahead of its source",
    );
  }
  const totals = totalsAt(positions);
  if (last !== undefined) assert.deepEqual(last.state, totals, "The straight computation agrees");
  const outputs = await checkSequence(store.queue(JOB), String);
  assert.equal(outputs, Math.floor(totals.count / EMIT_EVERY), "Every output is there, once");
}

/** Gives the offset after the last one. */
async function checkSequence(queue: Queue, text: (offset: number) => string): Promise<number> {
  let offset = queue.earliestOffset;
  for await (const message of queue.read()) {
    assert.deepEqual([message.offset, message.text()], [offset, text(offset)], queue.topic);
    offset++;
  }
  return offset;
}

/** At least once: a group may read again what it had read, but skips nothing. */
function checkProgress(store: Store, known: Known): void {
  const billing = store.groups().find(({ group }) => group === "billing")?.offset ?? 0;
  const { endOffset } = store.queue("events");
  assert.ok(billing <= endOffset, `The group is at ${billing}, its queue ends at ${endOffset}`);
  assert.ok(billing >= known.progress, `The group went back from ${known.progress} to ${billing}`);
  known.progress = billing;
}

/**
 * One topic that a group reads: the topic itself, or what the group has sent back.
 *
 * @module
 */
import type { SentBackCopy } from "../../storage/layout/mod.ts";
import {
  copyTooLarge,
  type HeldClaim,
  innerPortOf,
  type Queue,
  queueName,
  type Store,
  type StoredMessage,
  StoreError,
} from "../../storage/mod.ts";
import { separate } from "../../storage/read/mod.ts";
import { TopicReader, type TopicReaderOptions } from "../core/mod.ts";
import { Room } from "./room.ts";
import { SentBack } from "./sent_back.ts";
import { isSettled } from "./sent_messages.ts";

/** What a lane reads, for whom. */
export interface LaneParts
  extends Partial<Pick<TopicReaderOptions, "from" | "since" | "queueIds" | "tags">> {
  readonly store: Store;
  readonly topic: string;
  readonly group: string;
  /** Store that takes copies. */
  readonly into: Store;
  /** Whether it holds what was sent back, so that its messages say how often. */
  readonly isRetry: boolean;
}

/** A message that was taken. */
export interface Taken {
  readonly message: StoredMessage;
  readonly byteLength: number;
  readonly nextOffset: number;
  isDone: boolean;
}

interface HeldQueue {
  readonly claim: HeldClaim;
  /** Where the group goes on: all before it is done. */
  next: number;
  /** What was taken from there on, in order. */
  readonly taken: Taken[];
  /** Known before the first message is handled. */
  sentBack: SentBack | undefined;
}

export class Lane {
  readonly isRetry: boolean;
  /** Its own: a message that is stuck in the topic must not hold up what was sent back. */
  readonly room: Room = new Room();
  readonly #parts: LaneParts;
  readonly #reader: TopicReader;
  readonly #queues: Map<number, HeldQueue> = new Map();
  /** Queues whose start is not on the disk. */
  #started: HeldQueue[] = [];

  /**
   * Takes the queues that are there.
   *
   * @throws {StoreError<"GROUP_BUSY">} If another reads one of them for the group.
   */
  constructor(parts: LaneParts) {
    const { store, topic, group, from, since, queueIds, tags } = parts;
    this.isRetry = parts.isRetry;
    this.#parts = parts;
    try {
      this.#reader = new TopicReader(store, topic, {
        ...{ group, from, since, queueIds, tags },
        visibility: "flushed",
        resume: (queue) => this.#claim(queue),
        onQueue: (queueId, start) => this.#start(queueId, start),
      });
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /**
   * A run that is killed must not begin elsewhere, nor retention delete what it has sent back:
   * where it begins is kept before anything is handled. One that is refused leaves nothing.
   */
  async begin(): Promise<void> {
    if (this.#started.length === 0) return;
    for (const { claim, next } of this.#started) claim.done(next);
    await innerPortOf(this.#parts.store).writeGroups();
    this.#started = [];
  }

  /** The next messages that are to be handled; `undefined` if there are none now. */
  async take(signal: AbortSignal): Promise<StoredMessage[] | undefined> {
    const messages = await this.#reader.take(signal);
    await this.begin();
    // A handler may transfer the buffer of its message.
    return messages.length === 0 ? undefined : messages.map(separate);
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#reader.wait(signal);
  }

  /** A message is to be handled; `undefined` if it was sent back or settled, and so is done. */
  async add(message: StoredMessage): Promise<Taken | undefined> {
    const held = this.#queues.get(message.queueId)!;
    // Read now: where its handler transfers the body, the message tells nothing any more.
    const { byteLength, nextOffset } = message;
    const taken: Taken = { message, byteLength, nextOffset, isDone: false };
    held.taken.push(taken);
    this.room.take(byteLength);
    held.sentBack ??= await this.#load(message.queueId, held);
    const { store, isRetry } = this.#parts;
    const isOver = held.sentBack.has(message.offset) ||
      (isRetry && await isSettled(store, message));
    if (!isOver) return taken;
    this.done(taken);
    return undefined;
  }

  /** A message is done; so is its queue as far as all before it are. */
  done(taken: Taken): void {
    const held = this.#queues.get(taken.message.queueId)!;
    taken.isDone = true;
    this.room.giveBytes(taken.byteLength);
    const end = held.taken.findIndex(({ isDone }) => !isDone);
    const done = held.taken.splice(0, end < 0 ? held.taken.length : end);
    if (done.length === 0) return;
    this.room.giveCount(done.length);
    held.next = done.at(-1)!.nextOffset;
    held.claim.done(held.next);
  }

  /**
   * Puts a copy of a message into the log; on the disk then.
   *
   * @throws {StoreError<"MESSAGE_TOO_LARGE">} If the copy does not fit, naming the message.
   */
  async sendBack(copy: SentBackCopy): Promise<void> {
    const { queueId, offset, position } = copy.message;
    // The body that was handled may be changed by now, or transferred.
    const message = await this.#parts.store.get(position) ?? copy.message;
    try {
      await this.#queues.get(queueId)!.sentBack!.send({ ...copy, message }, offset);
    } catch (cause) {
      if (!StoreError.is(cause, "MESSAGE_TOO_LARGE")) throw cause;
      const queue = queueName(this.#parts.topic, queueId);
      throw copyTooLarge(this.#parts.group, queue, { offset, topic: copy.topic, cause });
    }
  }

  /** Makes progress durable, and tells no more of what was sent back before it. */
  async end(): Promise<void> {
    await innerPortOf(this.#parts.store).writeGroups();
    for (const { sentBack } of this.#queues.values()) await sentBack?.end();
  }

  /** Gives everything back. */
  release(): void {
    for (const { claim } of this.#queues.values()) claim.release();
    this.#queues.clear();
  }

  #claim({ topic, queueId }: Queue): number | undefined {
    const { store, group } = this.#parts;
    const claim = innerPortOf(store).claim({ group, topic, queueId });
    this.#queues.set(queueId, { claim, next: 0, taken: [], sentBack: undefined });
    return claim.offset;
  }

  #start(queueId: number, start: number): void {
    const held = this.#queues.get(queueId)!;
    held.next = start;
    this.#started.push(held);
  }

  #load(queueId: number, held: HeldQueue): Promise<SentBack> {
    const { store, into, group, topic } = this.#parts;
    // In a store of its own, a group may have copies of several stores.
    const { storeId = store.info.path } = store.info;
    const place = storeId === into.info.storeId ? [] : [wordOf(storeId)];
    const key = [group, wordOf(topic), queueId, ...place].join(":");
    return SentBack.load({ into, key }, held.next, async () => {
      const { next } = held;
      await innerPortOf(store).writeGroups();
      return next;
    });
  }
}

/** A name as a part of a key: on the disk it may hold anything, a key holds no space. */
function wordOf(name: string): string {
  return name.replace(/[^%|a-zA-Z0-9_-]/gu, (one) => `~${one.codePointAt(0)!.toString(16)}.`);
}

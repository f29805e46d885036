/**
 * An open store.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { abortable } from "./abortable.ts";
import { checkCall, STORE_DOORS } from "./arguments/mod.ts";
import { backupLog, collectBeside } from "./backup/mod.ts";
import { movedBehindEnd, queueName, readOnlyStore, storeClosed } from "./errors.ts";
import type { Notifier } from "./log/mod.ts";
import type { DeliveredOffsets } from "./layout/mod.ts";
import {
  DelayProgress,
  type Groups,
  type LogFollower,
  type ReaderGroups,
  type StoreFiles,
  type StoreWriter,
} from "./life/mod.ts";
import { type InnerPort, PORT } from "./port.ts";
import {
  findMessages,
  getMessage,
  INSPECT,
  type Inspect,
  QueueView,
  type ReadContext,
} from "./read/mod.ts";
import { storeInfo } from "./store_info.ts";
import { OpenPort } from "./store_port.ts";
import { turnsOf } from "./turns.ts";
import type {
  AppendAllOptions,
  AppendAllResult,
  AppendOptions,
  AppendResult,
  BackupResult,
  Durability,
  FindOptions,
  GroupInfo,
  GroupPlace,
  Message,
  Queue,
  Store,
  StoredMessage,
  StoreInfo,
  TopicInfo,
  WaitOptions,
  WorkOptions,
} from "./types.ts";

/** Made once, as most calls have no options. */
const NO_OPTIONS: AppendAllOptions = Object.freeze({});

/** Whether options are those of nearly every call; the table checks all others. */
function isPlain(options: AppendOptions): boolean {
  if (options === NO_OPTIONS) return true;
  // Of a class, it may say more than it shows.
  if (options?.constructor !== Object) return false;
  for (const name in options) if (name !== "durability") return false;
  const { durability, signal } = options;
  return (durability === "flushed" || durability === "committed") && signal === undefined;
}

/** The path of what may be a `file:` URL. */
export function pathOf(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}

/** What a store is made of: a writer, or a follower and the groups that it reads for. */
export interface StoreParts {
  readonly writer?: StoreWriter;
  readonly follower?: LogFollower;
  readonly reading?: ReaderGroups;
}

/** Makes a store of what was opened. */
export function makeStore(files: StoreFiles, changes: Notifier, parts: StoreParts): Store {
  return new OpenStore(files, changes, parts);
}

class OpenStore implements Store {
  readonly [PORT]: InnerPort;
  readonly #closed = Promise.withResolvers<void>();
  readonly closed: Promise<void> = this.#closed.promise;
  readonly #files: StoreFiles;
  readonly #changes: Notifier;
  readonly #writer: StoreWriter | undefined;
  readonly #follower: LogFollower | undefined;
  readonly #reading: ReaderGroups | undefined;
  readonly #context: ReadContext;
  #moved: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    files: StoreFiles,
    changes: Notifier,
    { writer, follower, reading }: StoreParts,
  ) {
    this.#files = files;
    this.#changes = changes;
    this.#writer = writer;
    this.#follower = follower;
    this.#reading = reading;
    this.closed.catch(() => {});
    this.#writer?.failure.onFailure((error) => {
      this.#closed.reject(error);
      this.#changes.fail(error);
    });
    this.#context = this.#makeContext();
    this[PORT] = new OpenPort({
      files,
      changes,
      writing: (action) => this.#writing(action),
      groups: (action) => this.#groups(action),
      assertOpen: (action) => this.#assertOpen(action),
      committedPosition: () => this.#end("committed"),
      isOwn: (position) => files.identity.isOwn(position),
      caughtUp: () => this.#follower?.caughtUp(),
      delivered: () => this.#delivered(),
      deliverDue: () => this.#writer?.delayed.deliverDue(),
    });
  }

  get info(): StoreInfo {
    return storeInfo(this.#files, this.#writer, (visibility) => this.#end(visibility));
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { path, role, durability, earliestPosition, committedPosition, flushedPosition } =
      this.info;
    const shown = {
      ...{ path, role: this.#isClosed ? "closed" : role, durability },
      topics: this.#files.derived.queues.topics(),
      ...{ earliestPosition, committedPosition, flushedPosition },
    };
    return `Store ${inspect(shown, options)}`;
  }

  append(message: Message, options: AppendOptions = NO_OPTIONS): Promise<AppendResult> {
    try {
      if (!isPlain(options)) checkCall(STORE_DOORS.append, message, options);
      options.signal?.throwIfAborted();
      const writer = this.#writing("append to store");
      const durability = options.durability ?? this.#files.options.durability;
      return abortable(writer.appendOne(message, durability), options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async appendAll(
    messages: Iterable<Message>,
    options: AppendAllOptions = NO_OPTIONS,
  ): Promise<AppendAllResult> {
    checkCall(STORE_DOORS.appendAll, messages, options);
    options.signal?.throwIfAborted();
    const writer = this.#writing("append to store");
    const durability = options.durability ?? this.#files.options.durability;
    const appended = writer.append(messages, durability, options.atomic ?? false);
    return await abortable(appended, options.signal);
  }

  async flush(options: WaitOptions = {}): Promise<void> {
    checkCall(STORE_DOORS.flush, options);
    options.signal?.throwIfAborted();
    await abortable(this.#writing("flush store").flush(), options.signal);
  }

  async close(options: WaitOptions = {}): Promise<void> {
    checkCall(STORE_DOORS.close, options);
    this.#closing ??= this.#close();
    await abortable(this.#closing, options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  topics(): TopicInfo[] {
    this.#assertOpen("list topics");
    const { queues } = this.#files.derived;
    return queues.topics().map((topic) => ({
      topic,
      queues: queues.queuesOf(topic).map(({ queueId }) => {
        const { earliestOffset, endOffset } = new QueueView(this.#context, topic, queueId);
        return { queueId, earliestOffset, endOffset };
      }),
    }));
  }

  queue(topic: string, queueId = 0): Queue {
    checkCall(STORE_DOORS.queue, topic, queueId);
    this.#assertOpen("read queue");
    return new QueueView(this.#context, topic, queueId);
  }

  find(
    topic: string,
    key: string,
    options: FindOptions = {},
  ): AsyncIterableIterator<StoredMessage> {
    checkCall(STORE_DOORS.find, topic, key, options);
    this.#assertOpen("find messages");
    return findMessages(this.#context, topic, key, options);
  }

  async get(position: number, options: WaitOptions = {}): Promise<StoredMessage | undefined> {
    checkCall(STORE_DOORS.get, position, options);
    options.signal?.throwIfAborted();
    this.#assertOpen("get message");
    return await getMessage(this.#context, position);
  }

  groups(): GroupInfo[] {
    const groups = this.#groups("list groups");
    const claimantOf = groups.claimants();
    return groups.all().map((one) => {
      const { endOffset } = new QueueView(this.#context, one.topic, one.queueId);
      const lagCount = Math.max(0, endOffset - one.offset);
      return { ...one, lagCount, claimedBy: claimantOf(one) };
    });
  }

  async moveGroup(group: string, to: GroupPlace): Promise<void> {
    checkCall(STORE_DOORS.moveGroup, group, to);
    // One after the other: each claims its queue.
    const moved = this.#moved.then(() => this.#move(group, to));
    this.#moved = moved.catch(() => {});
    await moved;
  }

  async #move(group: string, to: GroupPlace): Promise<void> {
    const groups = this.#groups("move group");
    const queue = new QueueView(this.#context, to.topic, to.queueId);
    // A reader may not have seen yet what its caller knows of.
    if (to.offset > queue.endOffset) await this.#follower?.caughtUp();
    const { endOffset } = queue;
    if (to.offset > endOffset) {
      const place = { offset: to.offset, endOffset };
      throw movedBehindEnd(group, queueName(to.topic, to.queueId), place);
    }
    await groups.move(group, to);
  }

  async backup(path: string | URL, options: WorkOptions = {}): Promise<BackupResult> {
    checkCall(STORE_DOORS.backup, path, options);
    this.#assertOpen("back up store");
    const work = () => this.#backUp(pathOf(path), options);
    return await (this.#writer?.retention.hold(work) ?? work());
  }

  async #backUp(path: string, work: WorkOptions): Promise<BackupResult> {
    await this.#writer?.saveConfig();
    const { directory, identity, assumed, derived: { queues }, options } = this.#files;
    const { logDirectories } = options;
    const beside = collectBeside(directory, queues, this.info.flushedPosition, logDirectories);
    // A group may have passed what was sent back by a record that this reader has not seen yet.
    await this.#follower?.caughtUp();
    const { storeId, geometry, earliestPosition, flushedPosition } = this.info;
    const { ranges } = identity;
    const range = { from: earliestPosition, flushedTo: flushedPosition, geometry, storeId, ranges };
    return await backupLog(directory, { ...range, assumed, beside }, path, work);
  }

  async #close(): Promise<void> {
    try {
      // Readers that wait for more must see the store closed.
      this.#isClosed = true;
      this.#changes.notify();
      await this.#writer?.close();
      await this.#closeReader();
    } finally {
      this.#files.segments.close();
      await this.#files.derived.close();
      this.#files.directory.close();
      this.#changes.notify();
      this.#closed.resolve();
      this.#files.events.tell("streambed:close", () => ({}));
    }
  }

  async #closeReader(): Promise<void> {
    try {
      await this.#reading?.close();
    } finally {
      await this.#follower?.close();
    }
  }

  #groups(action: string): Groups {
    this.#assertOpen(action);
    return (this.#writer?.groups ?? this.#reading)!;
  }

  #delivered(): DeliveredOffsets {
    this.#assertOpen("list delayed messages");
    const progress = this.#writer?.delayed.levels ??
      new DelayProgress(this.#files, () => this.closed);
    return progress.delivered();
  }

  #end(visibility: Durability): number {
    return (this.#writer ?? this.#follower)!.end(visibility);
  }

  #writing(action: string): StoreWriter {
    this.#assertOpen(action);
    if (this.#writer === undefined) throw readOnlyStore(action);
    return this.#writer;
  }

  #assertOpen(action: string): void {
    if (this.#isClosed) throw storeClosed(action, this.#failure());
    if (this.#follower?.error !== undefined) throw this.#follower.error;
  }

  /** Why the store stopped before it was closed. */
  #failure(): Error | undefined {
    return this.#writer?.failure.error ?? this.#follower?.error;
  }

  /** Whether no more will come. Throws if the store failed, because it was not read to its end. */
  #hasEnded(): boolean {
    const failure = this.#isClosed ? this.#failure() : undefined;
    if (failure !== undefined) throw failure;
    return this.#isClosed;
  }

  #makeContext(): ReadContext {
    const { segments, derived: { queues, index, hidden }, identity } = this.#files;
    return {
      segments,
      queues,
      index,
      hidden,
      changes: this.#changes,
      turns: turnsOf(this.#files.environment),
      lookAgain: () => void this.#follower?.lookAgain(),
      requiresCrc: (position) => identity.isOwn(position) === true,
      now: () => this.#files.environment.clock.now(),
      end: (visibility) => this.#end(visibility),
      isClosed: () => this.#hasEnded(),
      assertOpen: (action) => this.#assertOpen(action),
    };
  }
}

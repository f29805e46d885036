/**
 * Rescuing what is whole in a damaged log.
 *
 * The log is read as `verify` reads it: a record counts if its checksums hold and it says its own
 * position, and where Streambed wrote it must carry the checksum of the whole record; behind damage
 * it goes on at the next such record. What an ordinary message cannot say (bodies without their
 * codec) is left out and counted. What waits in the log, delayed or half a transaction, is written
 * last: any later record may say that it is done with.
 *
 * @module
 */
import { quotePath } from "../ffi/mod.ts";
import { openRoot, readMeta, type StoreDirectory } from "../storage/directory/mod.ts";
import {
  type AtomicBatchPlace,
  LOG_FOLDER,
  OPEN_END,
  type RecordView,
  type StreambedMeta,
} from "../storage/layout/mod.ts";
import {
  DirectoryLog,
  findNextRecord,
  listLog,
  type LogListing,
  LogWalker,
  SegmentReader,
} from "../storage/log/mod.ts";
import {
  type Environment,
  foreignFormat,
  type Geometry,
  type Message,
  notFound,
  type Store,
  StoreError,
} from "../storage/mod.ts";
import {
  cacheIdentity,
  findLastWriter,
  findUnseenLog,
  type LastWriter,
  OwnRecords,
  readAbort,
} from "../storage/life/mod.ts";
import type { WorkHow } from "./context.ts";
import { delayedPart, type Delivered, SalvagedDelays, type Waiting } from "./salvage_delayed.ts";
import { segmentsTold } from "./salvage_geometry.ts";
import { SalvagedMessages } from "./salvage_messages.ts";
import { KnownMessages } from "./salvage_missing.ts";
import {
  type SalvageReport,
  type SkippedRange,
  unprovenBecause,
  type UnprovenMessage,
} from "./salvage_report.ts";
import type { Timed } from "./salvage_timed.ts";
import {
  type Half,
  halfPart,
  SalvagedTransactions,
  tellsOfHalves,
} from "./salvage_transactions.ts";

/** Options of {@linkcode salvageStore}; `open` opens the new store. */
export interface SalvageOptions extends WorkHow {
  readonly open: (geometry: Partial<Geometry>) => Promise<Store>;
}

/** Where `streambed/meta` is lost too, the form of a record tells who wrote it. */
const UNKNOWN_WRITER: LastWriter = {
  rule: "foreign",
  isClosed: false,
  mark: 0,
  ranges: [{ from: 0, to: OPEN_END }],
};
const BATCH_BYTE_LENGTH = 1024 * 1024;
const DELIVERED = "it waited, and was delivered";
const NOT_WHOLE = "it belongs to an atomic batch that is not whole";
const TOLD_OF_HALVES = "it told which transactions were over";
const OVER = "its transaction was over";
const TOO_LONG = "it is longer than the new store takes";
const AGAIN = "it was stored again while its transaction waited";
/** Appends every good message of a log to a new store; the damaged one at `path` is only read. */
export async function salvageStore(
  environment: Environment,
  path: string,
  options: SalvageOptions,
): Promise<SalvageReport> {
  const { trustDirectory, logDirectories } = options;
  const directory = openRoot(environment.libc, path, { trustDirectory, logDirectories });
  try {
    using known = new KnownMessages(directory);
    const { files } = listLog(directory);
    if (files.length === 0) await refuseNoLog(environment, directory);
    return await new Salvage(environment, directory, options, known).run(files);
  } finally {
    directory.close();
  }
}

/** Says what every command says of a log that lies elsewhere, or that there is none. */
async function refuseNoLog(environment: Environment, directory: StoreDirectory): Promise<never> {
  const unseen = await findUnseenLog(environment, directory);
  if (unseen !== undefined) throw foreignFormat(LOG_FOLDER, unseen.text, unseen.remedy);
  const { path } = directory;
  const place = { path, remedy: "name the directory where the log lies" };
  const action = `salvage store ${quotePath(path)}`;
  throw notFound("store", action, "there is no segment in its commitlog", place);
}

/** What is kept of a record. */
interface Part {
  readonly messages: readonly Message[];
  /** What does not go to the new log at once. */
  readonly later: Waiting | Timed | Delivered | Half | undefined;
}

class Salvage {
  readonly #directory: StoreDirectory;
  readonly #options: SalvageOptions;
  readonly #meta: StreambedMeta | undefined;
  readonly #skipped: SkippedRange[] = [];
  readonly #unproven: UnprovenMessage[] = [];
  readonly #messages = new SalvagedMessages();
  readonly #own: OwnRecords;
  readonly #delays: SalvagedDelays;
  readonly #transactions = new SalvagedTransactions();
  readonly #known: KnownMessages;
  readonly #now: () => number;
  /** Messages that wait to be appended; an atomic batch stays together. */
  #batch: Message[] = [];
  #batchByteLength = 0;
  #atomic: { readonly count: number; readonly parts: Part[] } | undefined;
  #messageCount = 0;
  #from = 0;
  #to = 0;

  constructor(
    environment: Environment,
    directory: StoreDirectory,
    options: SalvageOptions,
    known: KnownMessages,
  ) {
    this.#known = known;
    this.#now = () => environment.clock.now();
    this.#delays = new SalvagedDelays(environment, directory);
    this.#directory = directory;
    this.#options = options;
    this.#meta = readMeta(directory);
    const writer = this.#meta === undefined
      ? UNKNOWN_WRITER
      : findLastWriter(this.#meta, readAbort(directory), cacheIdentity(directory));
    this.#own = new OwnRecords(writer);
  }

  async run(files: LogListing["files"]): Promise<SalvageReport> {
    const log = new DirectoryLog(this.#directory, files);
    const geometry = this.#meta?.geometry ?? segmentsTold(files, this.#known.endPosition) ?? {};
    await using store = await this.#options.open(geometry);
    try {
      const end = await this.#readAll(new SegmentReader(log), store);
      this.#endAtomic();
      const undecidedCount = await this.#writeLater(store);
      await store.flush();
      const to = Math.max(this.#known.endPosition, this.#meta?.mark ?? 0);
      const lost = [...this.#skipped, { from: end, to: Infinity }];
      return {
        messageCount: this.#messageCount,
        skipped: this.#skipped,
        lostEnd: to > end ? { from: end, to } : null,
        missingCount: this.#known.countIn(lost),
        unreadQueueCount: this.#known.unreadQueueCount,
        unproven: this.#unproven,
        undecidedCount,
        leftOut: Object.fromEntries(this.#messages.leftOut),
        droppedProperties: Object.fromEntries(this.#messages.dropped),
      };
    } finally {
      log.close();
    }
  }

  /** Gives the position behind what could be read, or was skipped. */
  async #readAll(reader: SegmentReader, store: Store): Promise<number> {
    const walker = new LogWalker(reader, this.#own.requiresCrc);
    const from = reader.segments[0]?.base ?? 0;
    const to = reader.segments.at(-1)?.end ?? 0;
    this.#from = from;
    this.#to = to;
    let position = from;
    while (position < to) {
      this.#options.signal.throwIfAborted();
      const step = walker.step(position);
      if (step.kind === "message") await this.#take(step, store);
      if (step.kind === "message" || step.kind === "blank") {
        position += step.byteLength;
        continue;
      }
      const next = findNextRecord(walker, { from: position + 1 });
      this.#endAtomic();
      const why = step.kind === "corrupt" ? step.reason : step.kind;
      // Where nothing was written, only the empty end of the log follows.
      if (next !== undefined || step.kind !== "end") {
        this.#skipped.push({ from: position, to: next ?? to, why });
      }
      if (next === undefined) return step.kind === "end" ? position : to;
      position = next;
    }
    return position;
  }

  async #take(record: RecordView, store: Store): Promise<void> {
    // A member of a batch, or a checkpoint (not a broker's copy of one).
    const isOwn = this.#own.see(record);
    const part = this.#partOf(record, isOwn);
    const why = part.messages.length === 0 ? undefined : unprovenBecause(record);
    if (why !== undefined) this.#unproven.push({ position: record.position, why });
    const place: AtomicBatchPlace | undefined = isOwn ? record.atomicBatch() : undefined;
    if (place === undefined || place.index === 0) this.#endAtomic();
    if (place !== undefined) return await this.#takeMember(part, place, store);
    this.#keep(part);
    this.#batchByteLength += record.byteLength;
    if (this.#batchByteLength >= BATCH_BYTE_LENGTH) {
      await this.#write(store);
      this.#options.onProgress({
        doneByteLength: record.position - this.#from,
        totalByteLength: this.#to - this.#from,
      });
    }
  }

  async #takeMember(part: Part, place: AtomicBatchPlace, store: Store): Promise<void> {
    if (place.index === 0) this.#atomic = { count: place.count, parts: [] };
    if (this.#atomic?.parts.length !== place.index || this.#atomic.count !== place.count) {
      this.#endAtomic();
      this.#messages.leaveOut(NOT_WHOLE);
      this.#delays.lose(part.messages);
      if (part.later?.kind === "delivered") this.#delays.learn(part.later, false);
      return;
    }
    this.#atomic.parts.push(part);
    if (place.index === place.count - 1) await this.#writeAtomic(store);
  }

  /** A batch that breaks off is left out, as readers do not see it either. */
  #endAtomic(): void {
    const parts = this.#atomic?.parts ?? [];
    if (parts.length > 0) this.#messages.leaveOut(NOT_WHOLE, parts.length);
    for (const { messages } of parts) this.#delays.lose(messages);
    this.#atomic = undefined;
  }

  async #writeAtomic(store: Store): Promise<void> {
    const parts = this.#atomic?.parts ?? [];
    this.#atomic = undefined;
    await this.#write(store);
    parts.forEach((part) => this.#keep(part));
    const messages = this.#batch;
    this.#batch = [];
    this.#batchByteLength = 0;
    await this.#append(store, messages, true);
  }

  /** Keeps a record to be written, or to wait. */
  #keep({ messages, later }: Part): void {
    if (later === undefined) this.#batch.push(...messages);
    else if (later.kind === "half") this.#transactions.wait(later);
    else if (later.kind === "delivered") this.#delays.learn(later, true);
    else this.#delays.wait(later);
  }

  #partOf(record: RecordView, isOwn: boolean): Part {
    this.#known.see(record);
    this.#transactions.learn(record);
    if (tellsOfHalves(record)) {
      this.#messages.leaveOut(TOLD_OF_HALVES);
      return { messages: [], later: undefined };
    }
    const messages = this.#messages.of(record, isOwn);
    const [first] = messages;
    return { messages, later: halfPart(record, first) ?? delayedPart(record, first, isOwn) };
  }

  /** Writes what may have been done with by any later record; gives how many halves of it. */
  async #writeLater(store: Store): Promise<number> {
    const halves = this.#transactions.rest();
    this.#batch.push(...halves.messages, ...this.#delays.rest(this.#now()));
    this.#messages.leaveOut(DELIVERED, this.#delays.deliveredCount);
    this.#messages.leaveOut(OVER, halves.overCount);
    this.#messages.leaveOut(AGAIN, halves.againCount);
    await this.#write(store);
    return halves.messages.length;
  }

  async #write(store: Store): Promise<void> {
    const messages = this.#batch;
    this.#batch = [];
    this.#batchByteLength = 0;
    if (messages.length > 0) await this.#append(store, messages, false);
  }

  /** Messages that do not fit, as without their compression, are left out. */
  async #append(store: Store, messages: readonly Message[], atomic: boolean): Promise<void> {
    try {
      await store.appendAll(messages, { atomic });
      this.#messageCount += messages.length;
    } catch (error) {
      // Nothing of the call was written then.
      if (!StoreError.is(error, "MESSAGE_TOO_LARGE")) throw error;
      if (atomic || messages.length === 1) this.#messages.leaveOut(TOO_LONG, messages.length);
      else for (const message of messages) await this.#append(store, [message], false);
    }
  }
}

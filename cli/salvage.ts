/**
 * Rescuing what is whole in a damaged log.
 *
 * The log is read as `verify` reads it: a record counts if its checksums hold and it says its own
 * position, and where Streambed wrote it must carry the checksum of the whole record; behind damage
 * it goes on at the next such record. What an ordinary message cannot say (half messages of
 * transactions, bodies without their codec) is left out and counted.
 *
 * @module
 */
import { quotePath } from "../ffi/mod.ts";
import { openRoot, readMeta, type StoreDirectory } from "../storage/directory/mod.ts";
import {
  ATOMIC_BATCH_NAME,
  type AtomicBatchPlace,
  checkMessageInput,
  CHECKPOINT_PREFIX,
  checkpointProperties,
  decodeInnerBatch,
  decompressBody,
  DELAY_NAME,
  DELIVERED_NAME,
  FLAG_COMPRESSED,
  FLAG_INNER_BATCH,
  FLAG_TRANSACTION_COMMIT,
  FLAG_TRANSACTION_MASK,
  isReservedProperty,
  KEYS_NAME,
  OPEN_END,
  parseProperties,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  RECORD_CRC_NAME,
  type RecordView,
  SENT_BACK_TOPIC,
  stillCompressed,
  type StreambedMeta,
  TAGS_NAME,
  TIMED_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  WAITED_NAME,
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
  type Geometry,
  type Message,
  notFound,
  type Store,
} from "../storage/mod.ts";
import {
  cacheIdentity,
  findLastWriter,
  type LastWriter,
  OwnRecords,
  readAbort,
} from "../storage/life/mod.ts";
import type { WorkHow } from "./context.ts";
import { delayedPart, type Delivered, SalvagedDelays, type Waiting } from "./salvage_delayed.ts";
import {
  type SalvageReport,
  type SkippedRange,
  unprovenBecause,
  type UnprovenMessage,
} from "./salvage_report.ts";
import type { Timed } from "./salvage_timed.ts";

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
/** Properties that the store writes itself, so they are not lost. */
const OWN_PROPERTIES = [
  KEYS_NAME,
  TAGS_NAME,
  RECORD_CRC_NAME,
  ATOMIC_BATCH_NAME,
  DELAY_NAME,
  REAL_TOPIC_NAME,
  REAL_QUEUE_NAME,
  DELIVERED_NAME,
  TIMED_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  WAITED_NAME,
];

/** Appends every good message of a log to a new store; the damaged one at `path` is only read. */
export async function salvageStore(
  environment: Environment,
  path: string,
  options: SalvageOptions,
): Promise<SalvageReport> {
  const { trustDirectory, logDirectories } = options;
  const directory = openRoot(environment.libc, path, { trustDirectory, logDirectories });
  try {
    const { files } = listLog(directory);
    if (files.length === 0) {
      const action = `salvage store ${quotePath(directory.path)}`;
      const place = { path: directory.path, remedy: "name the directory where the log lies" };
      throw notFound("store", action, "there is no segment in its commitlog", place);
    }
    return await new Salvage(environment, directory, options).run(files);
  } finally {
    directory.close();
  }
}

/** What is kept of a record. */
interface Part {
  readonly messages: readonly Message[];
  readonly delayed: Waiting | Timed | Delivered | undefined;
}

class Salvage {
  readonly #directory: StoreDirectory;
  readonly #options: SalvageOptions;
  readonly #meta: StreambedMeta | undefined;
  readonly #skipped: SkippedRange[] = [];
  readonly #unproven: UnprovenMessage[] = [];
  readonly #leftOut = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #own: OwnRecords;
  readonly #delays: SalvagedDelays;
  readonly #now: () => number;
  /** Messages that wait to be appended; an atomic batch stays together. */
  #batch: Message[] = [];
  #batchByteLength = 0;
  #atomic: { readonly count: number; readonly parts: Part[] } | undefined;
  #messageCount = 0;
  #from = 0;
  #to = 0;

  constructor(environment: Environment, directory: StoreDirectory, options: SalvageOptions) {
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
    const segmentByteLength = files[0].end - files[0].base;
    await using store = await this.#options.open(this.#meta?.geometry ?? { segmentByteLength });
    try {
      await this.#readAll(new SegmentReader(log), store);
      this.#endAtomic();
      await this.#writeDelayed(store);
      await store.flush();
    } finally {
      log.close();
    }
    return {
      messageCount: this.#messageCount,
      skipped: this.#skipped,
      unproven: this.#unproven,
      leftOut: Object.fromEntries(this.#leftOut),
      droppedProperties: Object.fromEntries(this.#dropped),
    };
  }

  async #readAll(reader: SegmentReader, store: Store): Promise<void> {
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
      if (next === undefined) return;
      position = next;
    }
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
      this.#leaveOut(NOT_WHOLE);
      this.#delays.lose(part.messages);
      if (part.delayed?.kind === "delivered") this.#delays.learn(part.delayed, false);
      return;
    }
    this.#atomic.parts.push(part);
    if (place.index === place.count - 1) await this.#writeAtomic(store);
  }

  /** A batch that breaks off is left out, as readers do not see it either. */
  #endAtomic(): void {
    const parts = this.#atomic?.parts ?? [];
    if (parts.length > 0) this.#leaveOut(NOT_WHOLE, parts.length);
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
    await store.appendAll(messages, { atomic: true });
    this.#messageCount += messages.length;
  }

  /** Keeps a record to be written, or to wait. */
  #keep({ messages, delayed }: Part): void {
    if (delayed === undefined) this.#batch.push(...messages);
    else if (delayed.kind === "delivered") this.#delays.learn(delayed, true);
    else this.#delays.wait(delayed);
  }

  #partOf(record: RecordView, isOwn: boolean): Part {
    const messages = this.#messagesOf(record, isOwn);
    return { messages, delayed: delayedPart(record, messages[0], isOwn) };
  }

  async #writeDelayed(store: Store): Promise<void> {
    this.#batch.push(...this.#delays.rest(this.#now()));
    if (this.#delays.deliveredCount > 0) this.#leaveOut(DELIVERED, this.#delays.deliveredCount);
    await this.#write(store);
  }

  async #write(store: Store): Promise<void> {
    const messages = this.#batch;
    this.#batch = [];
    this.#batchByteLength = 0;
    if (messages.length > 0) await store.appendAll(messages);
    this.#messageCount += messages.length;
  }

  #messagesOf(record: RecordView, isOwn: boolean): Message[] {
    const transaction = record.sysFlag & FLAG_TRANSACTION_MASK;
    if (transaction !== 0 && transaction !== FLAG_TRANSACTION_COMMIT) {
      this.#leaveOut("it is half a transaction");
      return [];
    }
    if (isOwn && record.topic() === SENT_BACK_TOPIC) {
      // Its offsets and positions are those of this log.
      this.#leaveOut("it told what a group had sent back");
      return [];
    }
    const { body, sysFlag } = decompressBody(record.body(), record.sysFlag);
    if ((sysFlag & FLAG_COMPRESSED) !== 0) {
      this.#leaveOut(`its body cannot be decompressed: ${stillCompressed(sysFlag)}`);
      return [];
    }
    const messages = (sysFlag & FLAG_INNER_BATCH) === 0
      ? [this.#message(record, body.slice(), record.flag, record.properties(), isOwn)]
      : this.#unpack(record, body);
    return messages.filter((message) => this.#isAccepted(message));
  }

  #unpack(record: RecordView, body: Uint8Array): Message[] {
    const elements = decodeInnerBatch(body);
    if (elements === undefined) {
      this.#leaveOut("its inner batch is damaged");
      return [];
    }
    return elements.map(({ body, flag, properties }) => {
      const parsed = parseProperties(properties, 0, properties.length);
      return this.#message(record, body.slice(), flag, parsed, false);
    });
  }

  #message(
    record: RecordView,
    body: Uint8Array,
    flag: number,
    properties: ReadonlyMap<string, string>,
    isOwn: boolean,
  ): Message {
    return {
      topic: record.topic(),
      queueId: record.queueId,
      body,
      flag,
      bornTimestamp: record.bornTimestamp,
      tags: properties.get(TAGS_NAME),
      keys: properties.get(KEYS_NAME),
      properties: this.#keptProperties(properties, isOwn),
    };
  }

  #keptProperties(properties: ReadonlyMap<string, string>, isOwn: boolean): Map<string, string> {
    const kept = new Map<string, string>();
    for (const [name, value] of properties) {
      const isKept = !isReservedProperty(name) || (isOwn && name.startsWith(CHECKPOINT_PREFIX));
      if (isKept) kept.set(name, value);
      else if (!OWN_PROPERTIES.includes(name)) {
        this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + 1);
      }
    }
    return isOwn ? checkpointProperties(kept) : kept;
  }

  #isAccepted(message: Message): boolean {
    try {
      checkMessageInput(message);
      return true;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      this.#leaveOut(error.message.replace(/^Cannot store message: /, ""));
      return false;
    }
  }

  #leaveOut(why: string, count = 1): void {
    this.#leftOut.set(why, (this.#leftOut.get(why) ?? 0) + count);
  }
}

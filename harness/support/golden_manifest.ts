/**
 * What the manifest of a golden store holds, member by member.
 *
 * The names are those of RocketMQ and of the harness that printed them (`harness/interop/java`),
 * not ours: here `off` is a position in the commit log, `offset` of an acknowledgement too, `size`
 * is a count of bytes, and `queueOffset` is what we call offset.
 *
 * @module
 */

/** The releases that wrote the golden stores. */
export type RocketmqVersion = "5.3.3" | "5.5.0";

/** The manifest of one golden store. */
export interface Manifest {
  /** Name with version: `basic-5.3.3`. */
  readonly name: string;
  /** The version that wrote it first and that read it back. */
  readonly rocketmq: RocketmqVersion;
  /** Command line of the writer. */
  readonly options: string;
  /** Command line of the reader beyond the directory; also the geometry, where it differs. */
  readonly readerOptions: string;
  /** What was done to the store by hand, or empty. */
  readonly note: string;
  /** Whether there is no `abort` file. */
  readonly clean: boolean;
  /**
   * The first six i64 of `checkpoint`: physic, logics, index, master flushed, confirm, logics
   * physical.
   */
  readonly checkpoint: readonly number[];
  /** Every file of the store. Empty directories are not listed. */
  readonly files: readonly ManifestFile[];
  /** What was acknowledged, in order. */
  readonly acks: readonly StoreAck[] | readonly BrokerAck[];
  /** What Java read from a copy. */
  readonly java: JavaAnswers;
  /** Path and byte length of every file after Java had opened and closed the copy. */
  readonly filesAfterJava: readonly (readonly [path: string, byteLength: number])[];
  /** An independent look at the bytes before Java opened them. */
  readonly verify: ManifestVerify;
  /** What a client of a real broker consumed; absent where there was no broker. */
  readonly consumed?: readonly ConsumedRecord[];
}

/** One file of a golden store. */
export interface ManifestFile {
  /** Path from the store root. */
  readonly path: string;
  /** Byte length. */
  readonly size: number;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** The answer of `DefaultMessageStore.putMessage()`. A batch has one for all of its records. */
export interface StoreAck {
  /** Running number of the record in this run. */
  readonly id: number;
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Name of the `PutMessageStatus`. */
  readonly status: string;
  /** Name of the `AppendMessageStatus`. */
  readonly appendStatus: string;
  /** Position of the record, the first one of a batch, in the commit log. */
  readonly offset: number;
  /** Bytes written. */
  readonly size: number;
  /** Offset in the queue; 0 for records that enter none. */
  readonly queueOffset: number;
  /** Store time. */
  readonly storeTimestamp: number;
}

/** The answer of `DefaultMQProducer.send()` to a real broker. */
export interface BrokerAck {
  /** Running number, also in the property `id`; of a batch, that of its first message. */
  readonly id: number;
  /** Messages in this send. */
  readonly count: number;
  /** Name of the `SendStatus`. */
  readonly status: string;
  /** `UNIQ_KEY`s, comma-separated. */
  readonly msgId: string;
  /** Offset message ids, comma-separated; null for transactions. */
  readonly offsetMsgId: string | null;
  /** Queue. */
  readonly queueId: number;
  /** Offset in the queue; of a transaction, in the queue of half records. */
  readonly queueOffset: number;
  /** How long the send took. */
  readonly micros: number;
  /** When it was answered, by the client's clock. */
  readonly at: number;
  /** Whether it was a batch. */
  readonly batch: boolean;
}

/** What `store-read --probe` printed. */
export interface JavaAnswers {
  /** The log's ends. */
  readonly log: JavaLog;
  /** Every record from the log's minimum to its end, in log order. */
  readonly records: readonly JavaRecord[];
  /** Position and byte length of every blank record. */
  readonly blanks: readonly (readonly [position: number, byteLength: number])[];
  /** Every queue, with its entries from `min` on. */
  readonly queues: readonly JavaQueue[];
  /** `getMessage()` of up to 32 messages at the queue's edges and for each tag. */
  readonly gets: readonly JavaGet[];
  /** `queryMessage()` of a spread of keys, at most 64 positions, ascending. */
  readonly queries: readonly JavaQuery[];
  /** `getOffsetInQueueByTime()` for a spread of times. */
  readonly times: readonly JavaTime[];
  /** Lines of no known type; there are none. */
  readonly other: readonly unknown[];
}

/** The ends of the log as Java sees them. */
export interface JavaLog {
  /** Position of the first record. */
  readonly minPhy: number;
  /** Position after the last record. */
  readonly maxPhy: number;
  /** Confirm offset. */
  readonly confirm: number;
  /** Bytes not dispatched yet; 0. */
  readonly behind: number;
}

/** One record of the log. */
export interface JavaRecord {
  /** Position in the commit log. */
  readonly off: number;
  /** Byte length. */
  readonly size: number;
  /** Magic number in hexadecimal: V1 `daa320a7`, V2 `daa320ab`. */
  readonly magic: string;
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Offset in the queue; base of an inner batch; 0 for prepared and rollback records. */
  readonly queueOffset: number;
  /** The user's flag. */
  readonly flag: number;
  /** System flag bits. */
  readonly sysFlag: number;
  /** Born time. */
  readonly bornTs: number;
  /** Born host and port: `10.1.2.3:12345`, `2001:db8:0:0:0:0:0:1:5555`. */
  readonly bornHost: string;
  /** Store time. */
  readonly storeTs: number;
  /** Store host and port. */
  readonly storeHost: string;
  /** Times consumed again. */
  readonly reconsume: number;
  /** Position of the half record of a committed transaction, else 0. */
  readonly preparedTx: number;
  /** Stored CRC of the body. */
  readonly bodyCrc: number;
  /** Byte length of the body as it is stored. */
  readonly bodyLen: number;
  /** First 16 hexadecimal digits of the SHA-256 of the stored body. */
  readonly bodySha256: string;
  /** Offset message id. */
  readonly offsetMsgId: string;
  /** All properties; those with an empty value do not survive Java's parser. */
  readonly props: Readonly<Record<string, string>>;
}

/** A queue and its entries. */
export interface JavaQueue {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Kind of the queue. */
  readonly cqType: "SimpleCQ" | "BatchCQ";
  /** First offset. */
  readonly min: number;
  /** Offset after the last one. */
  readonly max: number;
  /** The entries from `min` on. */
  readonly entries: readonly JavaEntry[];
}

/**
 * One entry of a queue. The tags code is the resolved one where the queue has an extension file.
 */
export type JavaEntry = readonly [
  queueOffset: number,
  position: number,
  byteLength: number,
  tagsCode: number,
  messageCount: number,
];

/** A question to `getMessage()` and its answer. */
export interface JavaGet {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Offset asked for. */
  readonly offset: number;
  /** Subscription expression, or null for everything. */
  readonly tag: string | null;
  /** Name of the `GetMessageStatus`. */
  readonly status: string;
  /** Next begin offset. */
  readonly next: number;
  /** First offset of the queue. */
  readonly min: number;
  /** Offset after the last one. */
  readonly max: number;
  /** Positions of what came back. */
  readonly found: readonly number[];
}

/** A question to `queryMessage()` and its answer. */
export interface JavaQuery {
  /** Topic. */
  readonly topic: string;
  /** Key. */
  readonly key: string;
  /** Positions of what came back. */
  readonly found: readonly number[];
}

/** A question to `getOffsetInQueueByTime()` and its two answers. */
export interface JavaTime {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Time asked for. */
  readonly time: number;
  /** Answer for `BoundaryType.LOWER`. */
  readonly lower: number;
  /** Answer for `BoundaryType.UPPER`. */
  readonly upper: number;
}

/** What the raw bytes say, before Java's recovery touched them. */
export interface ManifestVerify {
  /** Records whose structure is whole; their CRCs are what `allOk` says. */
  readonly messages: number;
  /** Whether all of them are sound. */
  readonly allOk: boolean;
  /** Position after the last one; null where there is no log file. */
  readonly logicalEnd: number | null;
  /** Queues by `topic/queueId`. */
  readonly cq: Readonly<Record<string, VerifiedQueue>>;
  /** Entry counts of batch queues by `topic/queueId`. */
  readonly bcq: Readonly<Record<string, number>>;
  /** Headers of the index files. */
  readonly index: readonly VerifiedIndex[];
}

/** The raw entries of a queue. */
export interface VerifiedQueue {
  /** Names of the files. */
  readonly files: readonly string[];
  /** Written entries, also those below the queue's minimum and beyond the log's end. */
  readonly entries: number;
  /** Placeholders before the first entry. */
  readonly preBlank: number;
  /** Entries that are neither. */
  readonly bad: number;
}

/** The raw header of an index file. */
export interface VerifiedIndex {
  /** Name of the file. */
  readonly name: string;
  /** Begin time. */
  readonly beginTs: number;
  /** End time. */
  readonly endTs: number;
  /** Position of the first record in it. */
  readonly beginPhy: number;
  /** Position of the last record in it. */
  readonly endPhy: number;
  /** Slots in use. */
  readonly slotCount: number;
  /** Next free entry; the first one is 1. */
  readonly indexCount: number;
}

/** What a client of a real broker consumed. */
export interface ConsumedRecord {
  /** The property `id`. */
  readonly id: string;
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Offset in the queue. */
  readonly queueOffset: number;
  /** Position in the commit log. */
  readonly off: number;
}

/** How many bytes and entries the files of a golden store have. */
export interface GoldenGeometry {
  /** Byte length of a commit log segment. */
  readonly segmentByteLength: number;
  /** Entries of a queue file. */
  readonly queueEntryCount: number;
  /** Hash slots of an index file. */
  readonly indexSlotCount: number;
  /** Entries of an index file, the unused first one included. */
  readonly indexEntryCount: number;
}

/**
 * Works out the geometry from the options that wrote the store and the harness's defaults.
 *
 * @param manifest The store's manifest.
 * @returns The geometry.
 */
export function goldenGeometry(manifest: Manifest): GoldenGeometry {
  const words = `${manifest.options} ${manifest.readerOptions}`.split(/\s+/);

  function option(name: string, otherwise: number): number {
    const at = words.lastIndexOf(`--${name}`);
    return at < 0 ? otherwise : Number(words[at + 1]);
  }
  return {
    segmentByteLength: option("log-size", 65_536),
    queueEntryCount: option("cq-size", 2_000) / 20,
    indexSlotCount: option("slots", 100),
    indexEntryCount: option("indexes", 400),
  };
}

/**
 * The lines that the Java harness prints, made into the objects that the manifests of the golden
 * stores hold too.
 *
 * @module
 */
import type {
  JavaAnswers,
  JavaEntry,
  JavaGet,
  JavaLog,
  JavaQuery,
  JavaQueue,
  JavaRecord,
  JavaTime,
  StoreAck,
} from "../support/golden_manifest.ts";

/** One line: an object that says its type. */
export type HarnessLine =
  | { readonly type: "blank"; readonly off: number; readonly size: number }
  | (LogEnds & { readonly type: "closing" })
  | { readonly type: "closed"; readonly time: number }
  | CqLine
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "garbage"; readonly off: number }
  | (JavaGet & { readonly type: "get" })
  | { readonly type: "hole"; readonly off: number }
  | (JavaLog & { readonly type: "log" })
  | (LogEnds & { readonly type: "opened" })
  | (StoreAck & { readonly type: "put" })
  | (JavaQuery & { readonly type: "query" })
  | (Omit<JavaQueue, "entries"> & { readonly type: "queue" })
  | RecordLine
  | (JavaTime & { readonly type: "time" });

/** The log's ends before or after a run. */
export interface LogEnds {
  /** Position of the first record. */
  readonly minPhy: number;
  /** Position after the last one. */
  readonly maxPhy: number;
}

/** One entry of a queue. */
export interface CqLine {
  /** It is an entry. */
  readonly type: "cq";
  /** Topic of the queue. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Offset of the entry. */
  readonly queueOffset: number;
  /** Position of the record. */
  readonly off: number;
  /** Byte length of the record. */
  readonly size: number;
  /** Tags code. */
  readonly tagsCode: number;
  /** Messages in the record. */
  readonly batchNum: number;
}

/** One record; tags and keys are among its properties too. */
export interface RecordLine extends JavaRecord {
  /** It is a record. */
  readonly type: "record";
  /** The property `TAGS`. */
  readonly tags: string | null;
  /** The property `KEYS`. */
  readonly keys: string | null;
}

/** Hexadecimal digits of a body's SHA-256 that a manifest keeps. */
const FINGERPRINT_DIGITS = 16;

/**
 * Collects what `store-read` printed.
 *
 * @param lines All lines of the run.
 * @returns The answers.
 * @throws {Error} If the run did not come as far as the log's ends.
 */
export function toAnswers(lines: readonly HarnessLine[]): JavaAnswers {
  const [log] = ofType(lines, "log");
  if (log === undefined) throw new Error("Cannot take the answers: Java did not open the store");

  return {
    log: untyped(log),
    records: ofType(lines, "record").map(toRecord),
    blanks: ofType(lines, "blank").map(({ off, size }) => [off, size] as const),
    queues: toQueues(lines),
    gets: ofType(lines, "get").map(untyped),
    queries: ofType(lines, "query").map(untyped),
    times: ofType(lines, "time").map(untyped),
    other: [...ofType(lines, "garbage"), ...ofType(lines, "hole"), ...ofType(lines, "error")],
  };
}

/**
 * Collects what `store-write` or `store-append` printed.
 *
 * @param lines All lines of the run.
 * @returns The log's ends, and what was acknowledged between them.
 * @throws {Error} If the run did not come to its end.
 */
export function toAcks(
  lines: readonly HarnessLine[],
): {
  readonly from: number;
  readonly to: number;
  readonly acks: StoreAck[];
  readonly closedMs?: number;
} {
  const [opened] = ofType(lines, "opened");
  const [closing] = ofType(lines, "closing");
  const [closed] = ofType(lines, "closed");
  if (opened === undefined || closing === undefined) {
    throw new Error("Cannot take the acknowledgements: Java did not come to its end");
  }
  return {
    from: opened.maxPhy,
    to: closing.maxPhy,
    acks: ofType(lines, "put").map(untyped),
    ...closed && { closedMs: closed.time },
  };
}

function toQueues(lines: readonly HarnessLine[]): JavaQueue[] {
  const entries = Map.groupBy(
    ofType(lines, "cq"),
    ({ topic, queueId }) => `${topic}/${queueId}`,
  );
  return ofType(lines, "queue").map((queue) => ({
    ...untyped(queue),
    entries: (entries.get(`${queue.topic}/${queue.queueId}`) ?? []).map(toEntry),
  }));
}

function toEntry({ queueOffset, off, size, tagsCode, batchNum }: CqLine): JavaEntry {
  return [queueOffset, off, size, tagsCode, batchNum];
}

function toRecord(line: RecordLine): JavaRecord {
  const { tags: _tags, keys: _keys, ...record } = untyped(line);
  return { ...record, bodySha256: record.bodySha256.slice(0, FINGERPRINT_DIGITS) };
}

function untyped<T extends { readonly type: string }>(
  { type: _type, ...rest }: T,
): Omit<T, "type"> {
  return rest;
}

function ofType<T extends HarnessLine["type"]>(
  lines: readonly HarnessLine[],
  type: T,
): Extract<HarnessLine, { readonly type: T }>[] {
  return lines.filter((line): line is Extract<HarnessLine, { readonly type: T }> =>
    line.type === type
  );
}

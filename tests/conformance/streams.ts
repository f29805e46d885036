/**
 * What the suites for sinks and sources need of a kind of streams, so that one suite judges them
 * all.
 *
 * @module
 */
import type {
  SinkBytesOptions,
  SinkChunk,
  SinkOptions,
  SinkProgress,
  SourceBatchesOptions,
  SourceBytesOptions,
  SourceOptions,
  Store,
  StoredMessage,
} from "../../mod.ts";
import { STORE_HARNESSES, type StoreHarness } from "../support/test_store.ts";

/** A sink of any kind. */
export interface AnySink extends AsyncDisposable {
  /** How far it is on the disk. */
  readonly flushed: SinkProgress;
}

/** Who writes to a sink. */
export interface SinkWriting {
  /** Settles with the sink: rejects with what it failed with. */
  readonly closed: Promise<unknown>;
  /** Writes a chunk; settles when it is written. */
  write(chunk: SinkChunk | readonly SinkChunk[]): Promise<void>;
  /** Ends the sink; settles when it has ended. */
  close(): Promise<void>;
  /** Ends the sink at once with an error. */
  abort(reason: Error): Promise<void>;
  /** Lets others write. */
  release(): void;
}

/** A source of any kind. */
export interface AnySource<M = StoredMessage> extends AsyncDisposable {
  /** Records that the group has done a message. */
  done(message: M): void;
  /** Iterates over the messages. */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined, unknown>;
}

/** Who reads a source past its iterator. */
export interface SourceReading {
  /** The next message, or `undefined` when there will be none. */
  read(): Promise<StoredMessage | undefined>;
  /** Ends the source, for a `read()` that waits too. */
  cancel(): Promise<void>;
}

/** A kind of streams. */
export interface StreamKit<Sink extends AnySink = AnySink, Source extends AnySource = AnySource> {
  /** Makes a sink. */
  sink(store: Store, topic: string, options?: SinkOptions): Sink;
  /** Starts to write to a sink. */
  writing(sink: Sink): SinkWriting;
  /** Pipes chunks into a sink, to its end. */
  pipeInto(chunks: readonly SinkChunk[], sink: Sink): Promise<void>;
  /** Makes a source. */
  source(store: Store, topic: string, options?: SourceOptions): Source;
  /** Starts to read a source. */
  reading(source: Source): SourceReading;
  /** Pipes a source into a function, to its end. */
  pipeFrom<M>(source: AnySource<M>, write: (message: M) => void): Promise<void>;
  /** Makes a sink of bytes. */
  sinkBytes(store: Store, topic: string, options?: SinkBytesOptions): Sink;
  /** Makes a source of batches. */
  sourceBatches(
    store: Store,
    topic: string,
    options?: SourceBatchesOptions,
  ): AnySource<readonly StoredMessage[]>;
  /** Makes a source of bytes. */
  sourceBytes(
    store: Store,
    topic: string,
    options?: SourceBytesOptions,
  ): AsyncIterable<Uint8Array>;
  /** Ends a source that nobody reads. */
  cancel(source: Source): Promise<void>;
  /** Iterates over a source that stays open when the loop is left. */
  sharing(source: Source): AsyncIterable<StoredMessage> & AsyncIterator<StoredMessage>;
}

/** How a suite opens its stores, and makes streams over them. */
export interface StreamHarness extends StoreHarness {
  /** The kind of streams. */
  readonly streams: StreamKit;
}

/**
 * Makes a harness for each way to write.
 *
 * @param name What kind of streams, in a word: stands behind the names of the tests.
 * @param kit The kind of streams.
 * @returns The harnesses.
 */
export function streamHarnesses<Sink extends AnySink, Source extends AnySource>(
  name: string,
  kit: StreamKit<Sink, Source>,
): StreamHarness[] {
  // A suite hands a kit only what the kit has made.
  const streams = kit as unknown as StreamKit;
  return STORE_HARNESSES.map(({ label, open }) => ({ label: `${name}, ${label}`, open, streams }));
}

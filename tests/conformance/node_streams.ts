/**
 * Streams of `node:stream`, for the suites.
 *
 * @module
 */
import { Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import {
  type Sink,
  sink,
  sinkBytes,
  type Source,
  source,
  sourceBatches,
  sourceBytes,
} from "../../adapters/node/mod.ts";
import type { SinkChunk } from "../../mod.ts";
import { type StreamHarness, streamHarnesses } from "./streams.ts";

/** A harness of Node's streams for each way to write. */
export const NODE_STREAMS: readonly StreamHarness[] = streamHarnesses<Sink, Source>("node", {
  sink,
  sinkBytes,
  writing(stream) {
    const closed = finished(stream);
    closed.catch(() => undefined);
    return {
      closed,
      write: (chunk) => write(stream, chunk),
      close: () => (stream.end(), closed),
      abort: (reason) => (stream.destroy(reason), settled(closed)),
      release: () => undefined,
    };
  },
  pipeInto: (chunks, stream) => pipeline(Readable.from(chunks), stream),
  source,
  sourceBatches,
  sourceBytes,
  reading(stream) {
    // What the class inherits: its own iterator would commit.
    const messages = Readable.prototype.iterator.call(stream);
    return {
      read: () => messages.next().then(({ value }) => value, (error) => endOf(error)),
      cancel: () => cancel(stream),
    };
  },
  pipeFrom: (stream, write) => pipeline(stream as unknown as Readable, writableOf(write)),
  cancel,
  sharing: (stream) => stream.iterator({ destroyOnReturn: false }),
});

/**
 * Writes a chunk to a stream.
 *
 * @param stream The stream.
 * @param chunk The chunk.
 * @returns Settles when the callback of the write is called.
 */
export function write(stream: Writable, chunk: SinkChunk | readonly SinkChunk[]): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => error ? reject(error) : resolve());
  });
}

/** Node tells who reads a stream that was destroyed in order that it was not read to its end. */
function endOf(error: Error & { code?: string }): undefined {
  if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
}

function writableOf<M>(write: (message: M) => void): Writable {
  return new Writable({
    objectMode: true,
    write(message: M, _encoding, callback) {
      write(message);
      callback();
    },
  });
}

async function cancel(stream: Source): Promise<void> {
  stream.destroy();
  await settled(finished(stream as Readable));
}

async function settled(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}

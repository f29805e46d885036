/**
 * Web Streams, for the suites.
 *
 * @module
 */
import {
  type Sink,
  sink,
  sinkBytes,
  type Source,
  source,
  sourceBatches,
  sourceBytes,
} from "../../adapters/web/mod.ts";
import { type StreamHarness, streamHarnesses } from "./streams.ts";

/** A harness of Web Streams for each way to write. */
export const WEB_STREAMS: readonly StreamHarness[] = streamHarnesses<Sink, Source>("web", {
  sink,
  sinkBytes: (...args) => sinkBytes(...args) as unknown as Sink,
  writing(stream) {
    const writer = stream.getWriter();
    writer.closed.catch(() => undefined);
    return {
      closed: writer.closed,
      write: (chunk) => writer.write(chunk),
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
      release: () => writer.releaseLock(),
    };
  },
  pipeInto: (chunks, stream) => ReadableStream.from(chunks).pipeTo(stream),
  source,
  sourceBatches,
  sourceBytes,
  reading(stream) {
    const reader = stream.getReader();
    return {
      async read() {
        return (await reader.read()).value;
      },
      cancel: () => reader.cancel(),
    };
  },
  pipeFrom: <M>(stream: unknown, write: (message: M) => void) =>
    (stream as ReadableStream<M>).pipeTo(new WritableStream({ write })),
  cancel: (stream) => stream.cancel(),
  sharing: (stream) => stream.values({ preventCancel: true }),
});

/**
 * Sources of typed topics, for the suites: a kit whose schema answers at once, and one whose schema
 * takes its time. Sinks are those of Web Streams, since a typed one takes values alone.
 *
 * @module
 */
import { bytesCodec, type StandardSchema, topic, type TypedSource } from "../../mod.ts";
import type { AnySource, StreamHarness } from "./streams.ts";
import { WEB_STREAMS } from "./web_streams.ts";

type Bytes = StandardSchema<Uint8Array>;

/** A harness of typed sources for each kind of schema and each way to write. */
export const TYPED_STREAMS: readonly StreamHarness[] = [
  ...typedStreams("typed", (value) => ({ value })),
  ...typedStreams("typed, with a slow schema", (value) => Promise.resolve({ value })),
];

function typedStreams(name: string, fit: (value: Uint8Array) => unknown): StreamHarness[] {
  const validate = fit as Bytes["~standard"]["validate"];
  const schema: Bytes = { "~standard": { version: 1, vendor: "streambed", validate } };
  const source = (...[store, name, options]: Parameters<StreamHarness["streams"]["source"]>) =>
    // A suite hands a kit only what the kit has made.
    topic(store, name, { codec: bytesCodec, schema }).source(options) as
      & TypedSource<Uint8Array>
      & AnySource;
  const sourceBatches = (
    ...[store, name, options]: Parameters<StreamHarness["streams"]["sourceBatches"]>
  ) =>
    topic(store, name, { codec: bytesCodec, schema }).sourceBatches(
      options,
    ) as unknown as ReturnType<
      StreamHarness["streams"]["sourceBatches"]
    >;
  return WEB_STREAMS.map(({ label, streams, ...harness }) => ({
    ...harness,
    label: label.replace("web", name),
    streams: { ...streams, source, sourceBatches },
  }));
}

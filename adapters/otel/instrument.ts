/**
 * Metrics of all stores of this thread, made of their events.
 *
 * @module
 */
import { type ChannelListener, subscribe, unsubscribe } from "node:diagnostics_channel";
import { type Meter, metrics } from "npm:@opentelemetry/api@1.9.1";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { EventName, StreambedEvents } from "../../storage/mod.ts";
import { appendAttributes, consumerAttributes, storeAttributes } from "./attributes.ts";
import { GroupLag } from "./group_lag.ts";
import { INSTRUMENT_DOOR } from "./rules.ts";
import type { InstrumentOptions } from "./types.ts";

/** What is done at each event. */
type Listeners = { readonly [Name in EventName]?: (event: StreambedEvents[Name]) => void };

/** Upper bounds of the histograms of times, s: from a quick sync to one of a sick disk. */
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
/** Upper bounds of the histogram of checkpoints, bytes. */
const BYTES = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((kib) => kib * 1024);

/**
 * Makes metrics for OpenTelemetry of the events of all stores in this thread, also of those that
 * are opened later.
 *
 * @example Usage
 * ```ts ignore
 * using _metrics = instrument({ stores: [store] });
 * ```
 *
 * @param options Where metrics go, and whose groups are looked at.
 * @returns What ends it when it is disposed of.
 */
export function instrument(options: InstrumentOptions = {}): Disposable {
  checkCall(INSTRUMENT_DOOR, options);
  const { meterProvider = metrics.getMeterProvider(), stores = [] } = options;
  const meter = meterProvider.getMeter("@streambed/log") as Meter;
  const lag = new GroupLag([...stores]);
  const listeners = Object.entries({ ...logListeners(meter), ...groupListeners(meter, lag) });
  const gauge = meter.createObservableGauge("streambed.group.lag", {
    description: "Messages between what a group reads next and the end of the queue.",
    unit: "{message}",
  });
  const observe = lag.observe.bind(lag);
  gauge.addCallback(observe);
  for (const [name, listener] of listeners) subscribe(name, listener as ChannelListener);
  return {
    [Symbol.dispose]() {
      gauge.removeCallback(observe);
      for (const [name, listener] of listeners) unsubscribe(name, listener as ChannelListener);
    },
  };
}

function logListeners(meter: Meter): Listeners {
  const sent = counter(meter, "messaging.client.sent.messages", "{message}", "Messages appended.");
  const appended = counter(meter, "streambed.log.appended", "By", "Bytes of their records.");
  const opening = duration(meter, "streambed.open.duration", "How long openings took.");
  const flushing = duration(meter, "streambed.flush.duration", "How long flushes took.");
  const started = counter(meter, "streambed.log.started", "{segment}", "Segments started.");
  const deleted = counter(meter, "streambed.log.deleted", "By", "Bytes that retention deleted.");
  const notes = counter(meter, "streambed.notes", "{note}", "Notes of stores.");
  return {
    "streambed:open": (event) => opening.record(event.elapsedMs / 1000, storeAttributes(event)),
    "streambed:append": (event) => {
      const attributes = appendAttributes(event);
      sent.add(event.count, attributes);
      appended.add(event.byteLength, attributes);
    },
    "streambed:flush": (event) => flushing.record(event.elapsedMs / 1000, storeAttributes(event)),
    "streambed:roll": (event) => started.add(1, storeAttributes(event)),
    "streambed:delete": (event) => deleted.add(event.byteLength, storeAttributes(event)),
    "streambed:note": (event) => notes.add(1, storeAttributes(event)),
  };
}

function groupListeners(meter: Meter, lag: GroupLag): Listeners {
  const retried = counter(meter, "streambed.group.retried", "{message}", "To be tried again.");
  const dead = counter(meter, "streambed.group.dead", "{message}", "Kept as dead letters.");
  const checkpoints = meter.createHistogram("streambed.checkpoint.length", {
    description: "Length of offsets and state of checkpoints that were saved.",
    unit: "By",
    advice: { explicitBucketBoundaries: BYTES },
  });
  return {
    "streambed:close": (event) => lag.forget(event),
    "streambed:group": (event) => lag.learn(event),
    "streambed:retry": (event) =>
      (event.deadLetter ? dead : retried).add(1, consumerAttributes(event)),
    "streambed:checkpoint": (event) => {
      const attributes = { ...storeAttributes(event), "streambed.job.name": event.job };
      checkpoints.record(event.byteLength, attributes);
    },
  };
}

function counter(
  meter: Meter,
  name: string,
  unit: string,
  description: string,
): ReturnType<Meter["createCounter"]> {
  return meter.createCounter(name, { unit, description });
}

function duration(
  meter: Meter,
  name: string,
  description: string,
): ReturnType<Meter["createHistogram"]> {
  const advice = { explicitBucketBoundaries: SECONDS };
  return meter.createHistogram(name, { unit: "s", description, advice });
}

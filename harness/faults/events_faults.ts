/**
 * Faults of what a store tells of itself, and of what OpenTelemetry is told.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const EVENTS = ["tests/storage/events_test.ts"];
const OTEL = ["tests/adapters/otel/otel_test.ts"];

/** Faults. */
export const EVENTS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/store_events.ts",
    tests: EVENTS,
    faults: [{
      name: "event-unheard",
      breaks: "events are built where none listens",
      symbol: "StoreEvents.tell",
      find: "if (!events.isHeard(name)) return;",
      put: "",
    }, {
      name: "event-inside",
      breaks: "who listens is called in the middle of the store's work",
      symbol: "StoreEvents.tell",
      find: "timers.defer(() => events.tell(name, event));",
      put: "void timers; events.tell(name, event);",
    }],
  }),
  ...faultsOf({
    file: "storage/life/writer_queues.ts",
    tests: EVENTS,
    faults: [{
      name: "event-append-lost",
      breaks: "of what is committed together, one topic alone is told",
      symbol: "WriterQueues.dispatch",
      find: "appended?.forEach(",
      put: "appended?.slice(0, 1).forEach(",
    }, {
      name: "event-append-built",
      breaks: "appends are summed up where none listens",
      symbol: "WriterQueues.dispatch",
      find: 'this.#events.isHeard("streambed:append")',
      put: "true",
    }],
  }),
  ...faultsOf({
    file: "storage/life/writer_groups.ts",
    tests: EVENTS,
    faults: [{
      name: "event-group-forgotten",
      breaks: "progress that could not be written at once is never told",
      symbol: "WriterGroups.#writeOffsets",
      find: "for (const [name, queue] of changed) this.#untold.set(name, queue);",
      put: "",
    }, {
      name: "event-group-early",
      breaks: "progress is told before it is durable",
      symbol: "WriterGroups.#writeOffsets",
      find: "try {\n      await this.offsets.write();",
      put:
        "try {\n      for (const one of progress) tellProgress(this.#files, one);\n      await this.offsets.write();",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: EVENTS,
    faults: [{
      name: "event-flush-again",
      breaks: "a flush is told whose time is that of all before it",
      symbol: "Flusher.#tell",
      find: "this.#syncMs = 0;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/notes.ts",
    tests: EVENTS,
    faults: [{
      name: "event-note-early",
      breaks: "what was noticed while a store was opened is not told",
      symbol: "Notes.handTo",
      find: "for (const text of this.#texts) onNote(text);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/reader_groups.ts",
    tests: EVENTS,
    faults: [{
      name: "event-group-reader",
      breaks: "a reader tells nothing of progress",
      symbol: "ReaderGroups.#sync",
      find: "if (offset !== undefined) {",
      put: "if (offset === -1) {",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: EVENTS,
    faults: [{
      name: "event-dead",
      breaks: "dead letters are told as messages that are tried again",
      symbol: "ConsumeRun.#sendBack",
      find: "({ group, attempt, deadLetter: isLast })",
      put: "({ group, attempt, deadLetter: false })",
    }],
  }),
  ...faultsOf({
    file: "adapters/otel/group_lag.ts",
    tests: OTEL,
    faults: [{
      name: "otel-still",
      breaks: "the lag of a group that stands still does not grow",
      symbol: "GroupLag.observe",
      find: "for (const store of this.#stores) this.#look(store);",
      put: "",
    }, {
      name: "otel-closed",
      breaks: "the lag of groups is told after their store was closed",
      symbol: "GroupLag.forget",
      find: "if (lag.path === path) this.#lags.delete(key);",
      put: "void [key, lag, path];",
    }],
  }),
  ...faultsOf({
    file: "adapters/otel/instrument.ts",
    tests: OTEL,
    faults: [{
      name: "otel-undying",
      breaks: "metrics go on after they were ended",
      symbol: "instrument",
      find: "unsubscribe(name, listener as ChannelListener);",
      put: "void [unsubscribe, name, listener];",
    }],
  }),
  ...faultsOf({
    file: "adapters/otel/trace_context.ts",
    tests: OTEL,
    faults: [{
      name: "otel-properties",
      breaks: "a message loses its properties to the context of a trace",
      symbol: "injectContext",
      find: "...Object.fromEntries(pairs), ...carrier",
      put: "...Object.fromEntries(pairs.slice(1)), ...carrier",
    }],
  }),
];

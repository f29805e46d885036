/**
 * Faults of making a segment's name durable while records go into it.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const TESTS = ["tests/storage/log/segment_naming_test.ts"];

/** Faults. */
export const NAMING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/log/segment_preparer.ts",
    tests: TESTS,
    faults: [{
      name: "naming-awaited",
      breaks: "what is only to be committed waits for the name of its segment",
      symbol: "SegmentPreparer.take",
      find: "    return segment;\n",
      put: "    await segment.naming;\n    return segment;\n",
    }, {
      name: "naming-descriptor",
      breaks: "a descriptor that is wanting ends the store's writable life",
      symbol: "SegmentPreparer.take",
      find: "nameDurably(home.libc, folders)",
      put: "nameDurably(home.libc, folders).then(() => home.syncFolder(OWN_FOLDER))",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: TESTS,
    faults: [{
      name: "naming-flushed",
      breaks: "what is in a segment counts as flushed before its name is durable",
      symbol: "Flusher.#flushOnce",
      find: "await segment.naming;",
      put: "",
    }, {
      name: "naming-short",
      breaks: "the same where a sync is short",
      symbol: "Flusher.#isShort",
      find: "this.#segments[0].naming === undefined &&",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/active_segment.ts",
    tests: TESTS,
    faults: [{
      name: "naming-closed",
      breaks: "a store is closed while another thread syncs its folders",
      symbol: "ActiveSegment.close",
      find: "await this.naming?.catch(() => {});",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/log_writer.ts",
    tests: TESTS,
    faults: [{
      name: "naming-untold",
      breaks: "a name that could not be made durable is found out when somebody waits for a flush",
      symbol: "LogWriter.#roll",
      find: "next.naming?.catch((error) => failure.fail(error));",
      put: "next.naming?.catch(() => {});",
    }, {
      name: "naming-two",
      breaks: "two segments are without a durable name: a power cut could take the first alone",
      symbol: "LogWriter.#roll",
      find: "await this.#active?.naming;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: TESTS,
    faults: [{
      name: "naming-start",
      breaks: "a segment is deleted before the name of the next one is durable",
      symbol: "LogRetention.#unwanted",
      find: "flushedPosition - 1",
      put: "flushedPosition",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: ["tests/storage/life/durable_recovery_test.ts"],
    faults: [{
      name: "naming-shown",
      breaks: "a recovery shows what is in a segment whose name a power cut could take",
      symbol: "mend",
      find: "if (trusted < end) syncNames(directory);",
      put: "",
    }],
  }),
];

/**
 * Faults of what an opening reads at the end of the log: holes, and the last record after an
 * orderly close.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const HOLES = ["tests/storage/log/data_ranges_test.ts"];
const ORDERLY = ["tests/storage/life/orderly_end_test.ts"];

/** Faults. */
export const ENDS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "ffi/open_descriptors.ts",
    tests: ["tests/ffi/open_descriptors_test.ts"],
    faults: [{
      name: "ends-another",
      breaks: "what a live Worker opens while another opens a store is closed as one that ended",
      symbol: "OpenDescriptors.isAbandoned",
      find: "const isAbandoned = this.#looksAbandoned(copy);",
      put: "const isAbandoned = true;",
    }, {
      name: "ends-copy",
      breaks: "a copy of a descriptor stays open for each that an ended Worker left",
      symbol: "OpenDescriptors.isAbandoned",
      find: "calls.close(copy);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/data_ranges.ts",
    tests: HOLES,
    faults: [{
      name: "holes-any",
      breaks: "a file system that misses stores in the page cache is asked for holes",
      symbol: "dataRanges",
      find: "!failed(fileSystem) && isHonestAboutHoles(fileSystem.name)",
      put: "!failed(fileSystem)",
    }, {
      name: "holes-first",
      breaks: "only the first stretch of data behind the end is read",
      symbol: "dataRanges",
      find: "at = range[1];",
      put: "at = to;",
    }, {
      name: "holes-failed",
      breaks: "a failed call is taken for a hole",
      symbol: "nextRange",
      find: 'start.code === "ENXIO" &&',
      put: 'start.code !== "" &&',
    }, {
      name: "holes-cut",
      breaks: "a segment that was cut is taken for an empty one",
      symbol: "nextRange",
      find: " && !isShorter(libc, descriptor, to)",
      put: "",
    }, {
      name: "holes-odd",
      breaks: "data that lies before where it was looked for is believed",
      symbol: "nextRange",
      find: " || start < at",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/search.ts",
    tests: [...HOLES, ...ORDERLY],
    faults: [{
      name: "holes-read",
      breaks: "an opening reads all of a preallocated tail",
      symbol: "endOfBytesIn",
      find: "segment.data?.(range) ?? [range]",
      put: "[range]",
    }],
  }),
  ...faultsOf({
    file: "ffi/file_systems.ts",
    tests: HOLES,
    faults: [{
      name: "holes-zfs",
      breaks: "ZFS is asked for holes",
      symbol: "HONEST_ABOUT_HOLES",
      find: '"tmpfs"',
      put: '"tmpfs", "zfs"',
    }],
  }),
  ...faultsOf({
    file: "storage/life/orderly_end.ts",
    tests: ORDERLY,
    faults: [{
      name: "orderly-never",
      breaks: "an opening walks all of the last segment after an orderly close",
      symbol: "orderlyEnd",
      find: "snapshot?.last === undefined ||",
      put: "snapshot?.last !== undefined ||",
    }, {
      name: "orderly-crash",
      breaks: "the last segment is not walked after a kill",
      symbol: "orderlyEnd",
      find: 'meta?.state !== "closed" || abort !== undefined',
      put: "meta === undefined",
    }, {
      name: "orderly-abort",
      breaks: "the last segment is not walked after a broker that was killed",
      symbol: "orderlyEnd",
      find: " || abort !== undefined",
      put: "",
    }, {
      name: "orderly-broker",
      breaks: "the last segment is not walked after a broker that closed in order",
      symbol: "orderlyEnd",
      find: " || mayBeBrokers(files)",
      put: "",
    }, {
      name: "orderly-front",
      breaks: "segments that come back are not read after an orderly close",
      symbol: "orderlyEnd",
      find: "hasOlderFront(files) || ",
      put: "",
      by: { tests: ["tests/storage/life/log_front_test.ts"] },
    }, {
      name: "orderly-mark",
      breaks: "a snapshot is believed that tells of less than all of the log",
      symbol: "orderlyEnd",
      find: "snapshot.position !== meta.mark || ",
      put: "",
    }, {
      name: "orderly-short",
      breaks: "a record is believed to be the last that does not end where the log does",
      symbol: "endsWith",
      find: " || position + record.byteLength !== end",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/recover.ts",
    tests: ORDERLY,
    faults: [{
      name: "orderly-time",
      breaks: "times go back after an orderly close behind a record of a time to come",
      symbol: "learn",
      find: "known?.storeTimestamp ?? 0",
      put: "0",
    }, {
      name: "orderly-window",
      breaks: "an opening after an orderly close reads, and reads ahead, behind the end",
      symbol: "learn",
      find: "known === undefined ?",
      put: "known !== null ?",
    }],
  }),
  ...faultsOf({
    file: "storage/log/batch_tracker.ts",
    tests: ORDERLY,
    faults: [{
      name: "orderly-batch",
      breaks: "the last member of a batch is hidden by the next opening",
      symbol: "BatchTracker.see",
      find: " && !this.#mayBeInside",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/queue_end.ts",
    tests: ORDERLY,
    faults: [{
      name: "ends-unseen",
      breaks: "the end of a queue is believed and not looked at",
      symbol: "searchEnd",
      find: "isEnd(files, expected, high)",
      put: "expected > 0",
    }, {
      name: "ends-sought",
      breaks: "the end of each queue is sought by halving",
      symbol: "searchEnd",
      find: "expected > low",
      put: "expected < low",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ORDERLY,
    faults: [{
      name: "orderly-keys",
      breaks: "each opening puts the keys of the last record once more",
      symbol: "Derived.#derive",
      find: "    if (position < this.#keysFrom) return;\n",
      put: "",
    }, {
      name: "orderly-index",
      breaks: "an opening makes the newest index file anew after an orderly close",
      symbol: "Derived.beginScan",
      find: "known !== undefined && this.index.isAsIn(known.index) ? known.position : 0",
      put: "0",
    }, {
      name: "orderly-more",
      breaks: "an index is believed that holds other keys than at the close",
      symbol: "Derived.beginScan",
      find: "known !== undefined && this.index.isAsIn(known.index) ? known.position : 0",
      put: "known?.position ?? 0",
    }, {
      name: "orderly-entries",
      breaks: "each opening writes the last entry once more, and syncs its queue",
      symbol: "Derived.beginScan",
      find: "this.#entriesFrom = known?.position ?? 0;",
      put: "this.#entriesFrom = 0;",
    }],
  }),
  ...faultsOf({
    file: "storage/life/repair.ts",
    tests: ORDERLY,
    faults: [{
      name: "redirty-nothing",
      breaks: "an opening syncs a segment that it did not write to",
      symbol: "redirty",
      find: "from >= to || ",
      put: "",
    }],
  }),
];

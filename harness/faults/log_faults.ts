/**
 * Faults of reading and walking the log, and of judging its end.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const LOG_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/log/segment_reader.ts",
    tests: ["tests/storage/log/walk_test.ts"],
    faults: [{
      name: "window-stale",
      breaks: "the window keeps the bytes of a read that failed",
      symbol: "SegmentReader.#load",
      find: "this.#setWindow(undefined, position, 0);",
      put: "",
    }, {
      name: "window-bound",
      breaks: "bytes behind the position to stop at are read",
      symbol: "SegmentReader.endOf",
      find: "Math.min(segment.end, this.#to)",
      put: "segment.end",
    }],
  }),
  ...faultsOf({
    file: "storage/log/walk.ts",
    tests: ["tests/storage/log/walk_test.ts"],
    faults: [{
      name: "blank-anywhere",
      breaks: "a blank that does not fill its segment is passed",
      symbol: "LogWalker.step",
      find: "found.byteLength === reader.segment!.end - position ? found : ODD_BLANK",
      put: "found",
    }],
  }),
  ...faultsOf({
    file: "storage/log/search.ts",
    tests: ["tests/storage/log/walk_test.ts"],
    faults: [{
      name: "search-border",
      breaks: "a record between two windows is not found",
      symbol: "nextMagic",
      find: "position += last - start + 1",
      put: "position += last - start + START_BYTE_LENGTH",
    }],
  }),
  ...faultsOf({
    file: "storage/log/judge_tail.ts",
    tests: ["tests/storage/log/judge_tail_test.ts"],
    faults: [{
      name: "foreign-ge",
      breaks: "equal time counts as older",
      symbol: "judgeForeign",
      find: "isLaterAt(next)",
      put: "(rest.storeTimestampAt(next) ?? -Infinity) > lastTimestamp",
    }],
  }),
  ...faultsOf({
    file: "storage/log/lost_end.ts",
    tests: ["tests/storage/golden/lost_end_test.ts"],
    faults: [{
      name: "lost-queues",
      breaks: "queues that speak of more than a closed log holds are not heard",
      symbol: "whyLost",
      find: "queuesTo > position",
      put: "queuesTo > Infinity",
    }, {
      name: "lost-behind",
      breaks: "whole messages behind the end of a closed log are not looked for",
      symbol: "whyLost",
      find: "laterRecord(reader, closed)",
      put: "undefined as number | undefined",
    }, {
      name: "lost-recovered",
      breaks: "what a broker's recovery has cut counts as lost",
      symbol: "describeLostEnd",
      find: "why === undefined || hasEndedSince(closed)",
      put: "why === undefined",
    }, {
      name: "lost-times",
      breaks: "a broker's recovery excuses what was stored after it",
      symbol: "hasEndedSince",
      find: "<= lastTimestamp",
      put: "<= Infinity",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: ["tests/storage/golden/lost_end_test.ts"],
    faults: [{
      name: "lost-late",
      breaks: "a writer finds out that the end is lost after it has dropped the index",
      symbol: "makeReady",
      find: "await refuseDamagedEnd(files);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/judge_tail.ts",
    tests: ["tests/storage/log", "tests/storage/life"],
    faults: [{
      name: "foreign-beyond",
      breaks: "equal time in the next segment counts as older",
      symbol: "judgeForeign",
      find: "isLaterAt(segmentEnd)",
      put: "(rest.storeTimestampAt(segmentEnd) ?? -Infinity) > lastTimestamp",
    }, {
      name: "claimed-end",
      breaks: "a record whose length leads out of its segment is cut as unfinished",
      symbol: "judgeSameCache",
      find: "&& claimedEnd <= rest.segment.end",
      put: "",
    }, {
      name: "last-byte",
      breaks: "a whole record with a wrong byte is cut as unfinished",
      symbol: "judgeSameCache",
      find: "rest.end < claimedEnd",
      put: "rest.end <= claimedEnd",
    }, {
      name: "unpublished-first",
      breaks: "a record before a whole group is cut as its first member",
      symbol: "isUnpublished",
      find: "place === undefined || place.index === 0",
      put: "place === undefined",
    }],
  }),
  ...faultsOf({
    file: "storage/log/segment_list.ts",
    tests: ["tests/storage/log/segment_list_test.ts"],
    faults: [{
      name: "segment-anew",
      breaks: "a reader goes on in the file of a segment that was made anew",
      symbol: "SegmentList.refresh",
      find: "!isSameFile(kept.identity, segment.identity!)",
      put: "(kept.identity.byteLength < 0)",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: ["tests/storage/life/segment_made_anew_test.ts"],
    faults: [{
      name: "segment-anew-unseen",
      breaks: "a reader does not look whether a new writer has made a segment anew",
      symbol: "LogFollower.#meetLast",
      find: "if (meta.epoch !== known?.epoch) this.#listSegments();",
      put: "",
    }],
  }),
];

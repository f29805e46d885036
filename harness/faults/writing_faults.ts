/**
 * Faults of appending, committing, flushing and housekeeping.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const WRITING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: ["tests/storage/log/flusher_test.ts"],
    faults: [{
      name: "flush-noloss",
      breaks: "file not looked at again after the sync (flushed ack of an unlinked file)",
      symbol: "Flusher.#take",
      find: "if (loss !== undefined) failure.fail(loss);",
      put: "void loss;",
    }, {
      name: "failure-while-syncing",
      breaks: "what failed while it was synced counts as flushed",
      symbol: "Flusher.#take",
      find: "if (failure.error !== undefined) return false;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests: ["tests/storage/read/visible_end_test.ts"],
    faults: [{
      name: "end-failed",
      breaks: "after a failed sync reads go beyond what was flushed",
      symbol: "StoreWriter.end",
      find: 'const isFlushedOnly = visibility === "flushed" || this.failure.error !== undefined;',
      put: 'const isFlushedOnly = visibility === "flushed";',
    }],
  }),
  ...faultsOf({
    file: "storage/life/acceptor.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "wakecommit",
      breaks: "accepted and never committed by time",
      symbol: "Acceptor.#commitSoon",
      find: "else if (stagedByteLength > 0) committer.wake();",
      put: "",
    }, {
      name: "leastcommit",
      breaks: "commitLeastPages does nothing",
      symbol: "Acceptor.#commitSoon",
      find: "stagedByteLength >= this.#commitByteLength",
      put: "stagedByteLength > 0",
    }],
  }),
  ...faultsOf({
    file: "storage/life/acceptor.ts",
    tests: ["tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "bodies-unmeasured",
      breaks: "of an array with a chunk that is refused nothing is told, or twice",
      symbol: "Acceptor.#acceptBodies",
      find: "for (const body of bodies) refuseTooLarge(preparer.prepare(body, now), geometry);",
      put: "",
    }, {
      name: "bodies-shared",
      breaks: "bodies that wait for a segment are all the last one",
      symbol: "Acceptor.#acceptBodies",
      find: "({ ...preparer.prepare(body, now) })",
      put: "preparer.prepare(body, now)",
    }, {
      name: "bodies-uncommitted",
      breaks: "an array is not committed when its write has settled",
      symbol: "Acceptor.#acceptBodies",
      find: "    log.commit();\n",
      put: "    this.#commitSoon();\n",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_duties.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "thorough",
      breaks: "commitThoroughIntervalMs does nothing",
      symbol: "commitDuty",
      find: "|| behindMs >= commitThoroughIntervalMs",
      put: "",
    }, {
      name: "leastflush",
      breaks: "flushThoroughIntervalMs does nothing for the log",
      symbol: "flushDuty",
      find: "|| clock.monotonic() - flushedAt >= flushThoroughIntervalMs",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/housekeeper.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "behind-since",
      breaks: "how long something has been behind counts from the first time that anything was",
      symbol: "Housekeeper.#goOn",
      find: "else this.#behindSince = undefined;",
      put: "",
    }, {
      name: "duty-alone",
      breaks: "what fails keeps the duties behind it from being done",
      symbol: "Housekeeper.#work",
      find: "if (!this.#hasFailed()) note(",
      put: "if (!this.#hasFailed()) throw error; else note(",
    }],
  }),
  ...faultsOf({
    file: "storage/life/snapshot_duty.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "snapshot-keys",
      breaks: "a snapshot vouches for keys that are not there",
      symbol: "snapshotDuty",
      find: "if (taken === undefined || !derived.isWhole) return;",
      put: "if (taken === undefined) return;",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "snapshot-unlisted",
      breaks: "a snapshot vouches for keys in a file that it does not name",
      symbol: "Derived.snapshot",
      find: "if (!this.isWhole) return undefined;",
      put: "",
    }, {
      name: "close-lost",
      breaks: "a store whose queue was lost looks closed in order",
      symbol: "Derived.isWhole",
      find: "!this.#isLost &&",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/log_writer.ts",
    tests: ["tests/storage/log/segment_end_test.ts"],
    faults: [{
      name: "log-fits",
      breaks: "off by one: record+blank that fits exactly goes to the next segment",
      symbol: "LogWriter.#fits",
      find: "return this.#encodedPosition + byteLength + BLANK_BYTE_LENGTH_MIN <= active.end;",
      put: "return this.#encodedPosition + byteLength + BLANK_BYTE_LENGTH_MIN < active.end;",
    }, {
      name: "seal-pos",
      breaks: "roll not published",
      symbol: "LogWriter.#seal",
      find: "this.#committedPosition = active.end; this.#parts.publish();",
      put: "this.#committedPosition = active.end;",
    }],
  }),
  ...faultsOf({
    file: "storage/log/position_waiters.ts",
    tests: ["tests/storage/log/flusher_test.ts"],
    faults: [{
      name: "flush-after-failure",
      breaks: "whoever flushes after a failure waits for ever",
      symbol: "PositionWaiters.wait",
      find: "if (error !== undefined) return Promise.reject(error);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/position_waiters.ts",
    tests: ["tests/storage/log/waiting_test.ts"],
    faults: [{
      name: "waiters-nosort",
      breaks: "waiters that come out of order are not sorted",
      symbol: "PositionWaiters.wait",
      find: "last.position > position",
      put: "last.position < 0",
    }],
  }),
  ...faultsOf({
    file: "storage/life/message_intake.ts",
    tests: ["tests/storage/log/segment_end_test.ts"],
    faults: [{
      name: "batch-room",
      breaks: "group that fits no segment accepted by up to 8 bytes (hangs/rolls for ever)",
      symbol: "takeAll",
      find: 'refuseLong("batch", byteLength, geometry)',
      put: 'refuseLong("batch", byteLength - BLANK_BYTE_LENGTH_MIN, geometry)',
    }, {
      name: "record-room",
      breaks: "a record that fits into no segment is accepted",
      symbol: "refuseTooLarge",
      find: 'refuseLong("record", prepared.byteLength, geometry)',
      put: 'refuseLong("record", prepared.byteLength - BLANK_BYTE_LENGTH_MIN + 1, geometry)',
    }],
  }),
  ...faultsOf({
    file: "storage/log/notifier.ts",
    tests: ["tests/storage/log/waiting_test.ts"],
    faults: [{
      name: "notifier-leak",
      breaks: "aborted wait stays in the set (leak)",
      symbol: "Notifier.wait",
      find: "this.#waiting.delete(wake);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/log_writer.ts",
    tests: ["tests/storage/log", "tests/storage/life/tampering_test.ts"],
    faults: [{
      name: "commit-loss",
      breaks: "what was written to an unlinked file is committed",
      symbol: "LogWriter.#commit",
      find: "?? segments.loss(this.#active!)",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_duties.ts",
    tests: [
      "tests/storage/life/housekeeper_test.ts",
      "tests/simulation/history/store_regressions_test.ts",
    ],
    faults: [{
      name: "meta-failed",
      breaks: "a store goes on after meta could not be synced",
      symbol: "writeMeta",
      find: "failure.fail(lost);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/housekeeper.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "housekeeper-asleep",
      breaks: "what is behind after a round stays behind",
      symbol: "Housekeeper.#goOn",
      find: "if (isBehind) this.wake(); else",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests: ["tests/storage/log/flusher_test.ts"],
    faults: [{
      name: "reached-ahead",
      breaks: "reached() waits for ever for what nobody wrote",
      symbol: "StoreWriter.reached",
      find: "if (position > this.log.encodedPosition) {",
      put: "if (position > this.log.encodedPosition + 1) {",
    }],
  }),
  ...faultsOf({
    file: "storage/life/message_intake.ts",
    tests: ["tests/storage/damage/limits_test.ts"],
    faults: [{
      name: "body-limit",
      breaks: "a body of exactly the limit is refused",
      symbol: "refuseTooLarge",
      find: "prepared.body.length > maxBodyByteLength",
      put: "prepared.body.length >= maxBodyByteLength",
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: ["tests/storage/life/groups_test.ts"],
    faults: [{
      name: "groups-lag",
      breaks: "the lag of a group is one too long",
      symbol: "OpenStore.groups",
      find: "endOffset - one.offset",
      put: "endOffset - one.offset + 1",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "entries-behind-flush",
      breaks: "entries of queues stay in memory for as long as a flush takes",
      symbol: "StoreWriter.constructor",
      find: "      flushDuty(parts),\n",
      put: "      flushDuty(parts),\n      (this.#entryWriter.stop(), queuesDuty(parts)),\n",
    }],
  }),
];

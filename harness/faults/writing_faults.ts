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
  ...faultsOf({
    file: "storage/log/sync_pace.ts",
    tests: ["tests/storage/log/inline_sync_test.ts"],
    faults: [{
      name: "pace-long",
      breaks: "syncs stop the event loop however long they take",
      symbol: "SyncPace.end",
      find: "this.#clock.monotonic() - this.#startedAt <= SHORT_MS",
      put: "this.#clock.monotonic() - this.#startedAt >= 0",
    }, {
      name: "pace-refused",
      breaks: "inlineSync: false does nothing",
      symbol: "SyncPace.allows",
      find: "this.#isAllowed && ",
      put: "",
    }, {
      name: "pace-waiters",
      breaks: "however many wait, the event loop waits too",
      symbol: "SyncPace.allows",
      find: "waiterCount <= WAITER_LIMIT",
      put: "waiterCount > 0",
    }, {
      name: "pace-bytes",
      breaks: "however much is to be written, the event loop waits for it",
      symbol: "SyncPace.allows",
      find: "byteLength <= BYTE_LIMIT",
      put: "byteLength > 0",
    }],
  }),
  ...faultsOf({
    file: "storage/log/zero_fill.ts",
    tests: ["tests/storage/log/zero_fill_test.ts", "tests/storage/log/flusher_test.ts"],
    faults: [{
      name: "zeros-to-the-end",
      breaks: "zeros give a segment that was cut its length back",
      symbol: "ZeroFill.constructor",
      find: "byteLength - 1;",
      put: "byteLength;",
    }, {
      name: "zeros-each-time",
      breaks: "zeros are written before each sync",
      symbol: "ZeroFill.before",
      find: "|| written <= this.#end",
      put: "",
    }, {
      name: "zeros-before-much",
      breaks: "zeros are written before a long sync",
      symbol: "ZeroFill.before",
      find: "|| byteLength > LONG_BYTE_LENGTH",
      put: "",
    }, {
      name: "zeros-anywhere",
      breaks: "zeros are written where they gain nothing",
      symbol: "ZeroFill.constructor",
      find: "&& FILE_SYSTEMS.includes(fileSystem.name)",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/active_segment.ts",
    tests: ["tests/storage/log/zero_fill_test.ts", "tests/storage/log/active_segment_test.ts"],
    faults: [{
      name: "zeros-unsynced",
      breaks: "zeros ahead of a mapped segment's records are not synced with them",
      symbol: "ActiveSegment.#syncedByteLength",
      find: "Math.max(to, this.base + zerosTo) - from",
      put: "Math.max(to, zerosTo - zerosTo) - from",
    }, {
      name: "zeros-refused",
      breaks: "zeroFill: false does nothing",
      symbol: "ActiveSegment.constructor",
      find: "if (tuning.zeroFill) ",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/log_segment.ts",
    tests: ["tests/storage/log/active_segment_test.ts"],
    faults: [{
      name: "look-with-times",
      breaks: "an append asks for the times of its segment",
      symbol: "look",
      find: "directory.lookAt(path, WITHOUT_TIMES)",
      put: "directory.lookAt(path)",
    }],
  }),
  ...faultsOf({
    file: "storage/log/write_path.ts",
    tests: ["tests/storage/log/mapped_order_test.ts"],
    faults: [{
      name: "short-behind-long",
      breaks: "what comes close behind a long commit has pages made present",
      symbol: "MappedPath.#isPositioned",
      find: "end + BULK_BYTE_LENGTH",
      put: "end",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: ["tests/storage/log/segment_naming_test.ts"],
    faults: [{
      name: "zeros-over-committed",
      breaks: "zeros are written over what was committed while a flush waited for a name",
      symbol: "Flusher.#rangeTo",
      find: "written: this.#log.committedPosition",
      put: "written: to",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: ["tests/storage/log/inline_sync_test.ts"],
    faults: [{
      name: "told-apart",
      breaks: "who was told by a sync and who waits for the next one never share one",
      symbol: "Flusher.#run",
      find: "if (this.#isBehind) await this.#parts.environment.timers.pause();",
      put: "",
    }, {
      name: "here-failure",
      breaks: "a sync that failed here counts",
      symbol: "Flusher.#flushHere",
      find: "if (this.#take(segment, target, synced)) this.#tell();",
      put: "this.#take(segment, target, 0);\n      this.#tell();\n      void synced;",
    }],
  }),
];

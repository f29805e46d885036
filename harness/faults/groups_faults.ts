/**
 * Faults of groups, in the process of the writer and in others.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const CLAIMS = [
  "tests/storage/life/reader_groups_test.ts",
  "tests/storage/life/reader_groups_trouble_test.ts",
  "tests/storage/life/reader_groups_race_test.ts",
];

/** Faults. */
export const GROUPS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "adapters/node/source.ts",
    tests: ["tests/adapters/node/pipeline_test.ts"],
    faults: [{
      name: "pipeline-done",
      breaks: "a generator in a pipeline says done of messages that wait behind it",
      symbol: "standsInPipeline",
      find: "watcherCount > 0 &&",
      put: "watcherCount > 1e9 &&",
    }, {
      name: "pipeline-watched",
      breaks: "a loop over a source that something watches says nothing of what is done",
      symbol: "standsInPipeline",
      find: '&& stream.listenerCount("close") > watcherCount',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/writer_groups.ts",
    tests: ["tests/storage/life/housekeeper_test.ts", "tests/storage/life/groups_test.ts"],
    faults: [{
      name: "grp-interval",
      breaks: "groupIntervalMs does nothing",
      symbol: "WriterGroups.constructor",
      find: "intervalMs: options.tuning.groupIntervalMs",
      put: "intervalMs: 1000",
    }, {
      name: "grp-retry",
      breaks: "progress that flush() could not write is never tried again",
      symbol: "WriterGroups.write",
      find: "this.#housekeeper.wake();\n      throw error;",
      put: "throw error;",
    }, {
      name: "lease-release",
      breaks: "a group that was given back stays taken",
      symbol: "WriterGroups.claim",
      find: "if (isHeld) this.#release(file);",
      put: "",
    }, {
      name: "late-commit",
      breaks: "a claim that was given back still records",
      symbol: "WriterGroups.claim",
      find: "if (isHeld && this.#claims.get(claimFileName(file.queue)) === file) ",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/writer_groups.ts",
    tests: ["tests/storage/broker/missing_config_test.ts"],
    faults: [{
      name: "config-first",
      breaks: "the first group's progress is not missed after a kill",
      symbol: "WriterGroups.write",
      find: "await this.#rememberFiles();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/writer_groups.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-untaken",
      breaks: "what was read without a writer is not taken over by the next",
      symbol: "WriterGroups.constructor",
      find: "for (const name of claimFileNames(directory)) this.#takeOver(name);",
      put: "",
    }, {
      name: "claims-unwatched",
      breaks: "a writer takes nothing over while it runs",
      symbol: "WriterGroups.look",
      find:
        "for (const name of names ?? claimFileNames(this.#files.directory)) this.#takeOver(name);",
      put: "names;",
    }, {
      name: "claims-removed-folder",
      breaks: "no group is followed any more once the folder was removed",
      symbol: "WriterGroups.look",
      find: "this.#changed?.isOver !== false",
      put: "this.#changed === undefined",
    }, {
      name: "claims-own-kept",
      breaks: "a reader does not go on where the writer was",
      symbol: "WriterGroups.#release",
      find: "this.#put(file, offset);",
      put: ";",
    }, {
      name: "claims-back",
      breaks: "a group that the writer moved back is taken forth again",
      symbol: "WriterGroups.#set",
      find: "this.#put(file, offset);",
      put: "",
    }, {
      name: "claims-unnoted",
      breaks: "a broker cannot move a group back to where a claim has been",
      symbol: "WriterGroups.write",
      find: "noteTaken(this.#files.directory, one.queue, { sequence: one.sequence, offset });",
      put: "",
    }, {
      name: "claims-unsound",
      breaks: "a file that cannot be read holds up all groups",
      symbol: "WriterGroups.#read",
      find: "if (!StoreError.is(error)) throw error;",
      put: "throw error;",
    }],
  }),
  ...faultsOf({
    file: "storage/life/reader_groups.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-late",
      breaks: "a claim that was given back still records",
      symbol: "ReaderGroups.claim",
      find: "if (!progress.isReleased) this.#set(progress, next);",
      put: "this.#set(progress, next);",
    }, {
      name: "claims-unwritten",
      breaks: "what a closed reader has read is read again",
      symbol: "ReaderGroups.close",
      find: "await this.write();",
      put: "",
    }, {
      name: "claims-trust",
      breaks: "a reader writes where a writer would be refused",
      symbol: "ReaderGroups.constructor",
      find: "directory.forWriting()",
      put: "directory",
    }, {
      name: "claims-known",
      breaks: "a reader goes on from what the store said when it first looked",
      symbol: "ReaderGroups.#readOffsets",
      find: "this.#known === undefined || this.#known.version !== version",
      put: "this.#known === undefined",
    }, {
      name: "claims-versions",
      breaks: "a claim goes back while the writer replaces its file",
      symbol: "ReaderGroups.#readOffsets",
      find: "OFFSETS_FILES.map(",
      put: "OFFSETS_FILES.slice(0, 1).map(",
    }, {
      name: "claims-sync-told",
      breaks: "progress that is not durable counts as durable",
      symbol: "ReaderGroups.#write",
      find: "if (failure !== undefined) throw failure.reason;",
      put: "failure;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-behind",
      breaks: "a group cannot go on in a process that has not seen yet what was read",
      symbol: "TopicReader.#start",
      find: "innerPortOf(this.#store).caughtUp() !== undefined",
      put: "(this.#store === undefined)",
    }, {
      name: "claims-caught-up",
      breaks: "a group is refused in a process that has not looked again",
      symbol: "TopicReader.#catchUp",
      find: "await innerPortOf(this.#store).caughtUp();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-deleted",
      breaks: "a crash leaves a group before the start of the log",
      symbol: "LogRetention.#delete",
      find: "this.#unwanted(await this.#durableOffsets())",
      put: "this.#unwanted(writer.groups.offsets)",
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-moves",
      breaks: "a group cannot be moved again while it is moved",
      symbol: "OpenStore.moveGroup",
      find: "this.#moved.then(() => this.#move(group, to))",
      put: "this.#move(group, to)",
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: ["tests/storage/life/groups_test.ts"],
    faults: [{
      name: "moved-behind",
      breaks: "a group is moved to where it cannot read",
      symbol: "OpenStore.#move",
      find: "if (to.offset > endOffset) {",
      put: "if (to.offset > Infinity) {",
    }, {
      name: "moved-lagging",
      breaks: "a reader refuses an offset that the writer has come to",
      symbol: "OpenStore.#move",
      find: "await this.#follower?.caughtUp();",
      put: "void this.#follower;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/storage/life/groups_test.ts"],
    faults: [{
      name: "moved-advice",
      breaks: "the error of a group that cannot read says what does not help",
      symbol: "TopicReader.#outOfRange",
      find: "isProgress && group !== undefined",
      put: 'isProgress && group === ""',
    }],
  }),
  ...faultsOf({
    file: "storage/directory/claim_file.ts",
    tests: CLAIMS,
    faults: [{
      name: "claims-closed",
      breaks: "a claim that outlives its store writes into a file that has its descriptor since",
      symbol: "ClaimFile.write",
      find: "if (this.#isClosed) return;",
      put: "",
      also: [{
        file: "storage/life/reader_groups.ts",
        symbol: "ReaderGroups.close",
        find: "progress.isReleased = true;",
        put: "",
      }],
    }, {
      name: "claims-twice",
      breaks: "two processes read as one group",
      symbol: "ClaimFile.take",
      find: 'if ("where" in lock) {',
      put: 'if ("where" in lock && lock.where === "program") {',
    }, {
      name: "claims-since",
      breaks: "a group that was moved back is taken forth again",
      symbol: "nextSlot",
      find: "passed < before.next ? sequence : before.since",
      put: "before.since",
    }, {
      name: "claims-count",
      breaks: "what is read after the slots were lost is never noted",
      symbol: "nextSlot",
      find: "Math.max(before?.sequence ?? 0, note?.sequence ?? 0) + 1",
      put: "(before?.sequence ?? 0) + 1",
    }, {
      name: "claims-copied",
      breaks: "a copy of a file under another name moves the group",
      symbol: "readClaimFile",
      find: "record !== undefined && claimFileName(record) === name",
      put: "record !== undefined",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/claim_file.ts",
    tests: ["tests/storage/life/newer_files_test.ts"],
    faults: [{
      name: "claims-newer",
      breaks: "progress that a later release wrote in its own way is overwritten",
      symbol: "takeRecord",
      find: "refuseOtherVersion(bytes, queue, path);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/claim_file.ts",
    tests: ["tests/storage/layout/claim_file_test.ts"],
    faults: [{
      name: "claims-newest",
      breaks: "an older slot counts",
      symbol: "decodeClaim",
      find: "a.sequence - b.sequence",
      put: "b.sequence - a.sequence",
    }, {
      name: "claims-range",
      breaks: "what a broker has read is read again",
      symbol: "claimedOffset",
      find: "known >= lowest && known <= highest",
      put: "known >= lowest",
    }, {
      name: "claims-removed",
      breaks: "a group that was removed is there again",
      symbol: "claimedOffset",
      find: "return isNoted ? undefined : slot.next;",
      put: "return slot.next;",
    }],
  }),
];

/**
 * Bugs that are planted as a wrong line in a copy of the source.
 *
 * @module
 */
import type { StoreMutant } from "./store_mutants.ts";

/** A bug that is a wrong line. */
export type SourceMutant = Required<StoreMutant>;

/** Wrong lines, each with the explorer that finds it. */
export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  {
    name: "believed-store-checkpoint",
    patches: [{
      file: "storage/life/recover.ts",
      symbol: "walk",
      find: "await learn(files, start, bound?.to, last);",
      put: "await learn(files, start, bound?.to ?? files.snapshot?.position, last);",
    }],
    explorer: ["--seeds", "1..600"],
    kinds: ["lost", "taken", "verify", "unstable"],
  },
  {
    name: "last-entry-off-by-one",
    patches: [{
      file: "storage/derived/queue/entry_search.ts",
      symbol: "cutUnconfirmed",
      find: "if (last >= 0 && last < scanStart) return;",
      put: "if (last >= 0 && last <= scanStart) return;",
    }],
    explorer: ["--seeds", "740..840"],
    kinds: ["gap", "verify", "unusable"],
  },
  {
    name: "one-entry-too-many",
    patches: [{
      file: "storage/derived/queue/entry_search.ts",
      symbol: "cutUnconfirmed",
      find: "  list.cut(lowerBound(list, scanStart, from, list.next));",
      put: "  list.cut(Math.min(list.next, lowerBound(list, scanStart, from, list.next) + 1));",
    }],
    explorer: ["--sweep", "--workload", "groups", "--ends", "cut 2"],
    kinds: ["gap", "verify", "unusable"],
  },
  {
    name: "short-zeroed-tail",
    patches: [{
      file: "storage/life/repair.ts",
      symbol: "zeroTail",
      find: "const { path, byteLength } = segment;",
      put: "const { path } = segment; const byteLength = Math.min(from + 64, segment.byteLength);",
    }],
    explorer: ["--workload", "groups", "--seeds", "1..40"],
    kinds: ["revived", "verify", "unusable"],
  },
  {
    name: "uncut-batch",
    patches: [{
      file: "storage/life/recover.ts",
      symbol: "walk",
      find: "Math.min(end.position, batches.unfinished ?? Infinity)",
      put: "end.position",
    }],
    explorer: ["--sweep", "--workload", "groups", "--ends", "cut 2"],
    kinds: ["half"],
  },
  {
    name: "half-batch-followed",
    patches: [{
      file: "storage/life/log_follower.ts",
      symbol: "LogFollower.#read",
      find: "Math.min(end.position, batches.unfinished ?? Infinity)",
      put: "end.position",
    }],
    explorer: ["--workload", "groups", "--seeds", "1..40"],
    kinds: ["half"],
  },
  {
    name: "batch-in-pieces",
    patches: [{
      file: "storage/log/log_writer.ts",
      symbol: "LogWriter.#placeBatch",
      find: "    this.#commit(true);\n",
      put: "    this.#commit(false);\n",
    }],
    explorer: ["--sweep", "--workload", "groups", "--ends", "kill"],
    kinds: ["broker"],
  },
  {
    name: "blank-unflushed",
    patches: [{
      file: "storage/log/flusher.ts",
      symbol: "Flusher.#flushOnce",
      find: "await segment.sync(this.#rangeTo(to))",
      put: "to === segment.end ? 0 : await segment.sync(this.#rangeTo(to))",
    }],
    explorer: ["--seeds", "1..100"],
    kinds: ["lost", "taken", "undurable", "unusable", "exception"],
  },
  {
    name: "zeros-from-the-target",
    patches: [{
      file: "storage/log/flusher.ts",
      symbol: "Flusher.#rangeTo",
      find: "written: this.#log.committedPosition",
      put: "written: to",
    }],
    explorer: ["--seeds", "20..60"],
    kinds: ["unusable", "exception", "lost"],
  },
  {
    name: "prepared-unsynced",
    patches: [{
      file: "storage/log/segment_preparer.ts",
      symbol: "SegmentPreparer.#make",
      find: "      refuseFailedSync(await libc.fsyncAsync(file.descriptor), path);\n",
      put: "",
    }],
    explorer: ["--workload", "unflushed-rolls", "--seeds", "1..24"],
    kinds: ["verify", "unusable"],
  },
  {
    name: "closed-while-syncing",
    patches: [{
      file: "storage/log/flusher.ts",
      symbol: "Flusher.close",
      find: "    while (this.#round !== undefined) await this.#round;\n",
      put: "",
    }],
    explorer: ["--workload", "failed-look-closed", "--seeds", "1..40"],
    kinds: ["fault"],
  },
  {
    name: "early-roll",
    patches: [{
      file: "storage/log/segment_preparer.ts",
      symbol: "nameDurably",
      find: "refuseFailedSync(",
      put: "if (path === OWN_FOLDER) refuseFailedSync(",
    }],
    explorer: ["--seeds", "1..100"],
    kinds: ["lost", "undurable", "unusable", "exception"],
  },
  {
    name: "deleted-under-view",
    patches: [{
      file: "storage/life/retention.ts",
      symbol: "LogRetention.#remove",
      find: "directory.remove(segment.path);",
      put: "const { descriptor } = directory.openFile(segment.path, { write: true })!; " +
        "directory.libc.ftruncate(descriptor, 0); directory.libc.close(descriptor); " +
        "directory.remove(segment.path);",
    }],
    explorer: ["--workload", "retention", "--seeds", "1..16"],
    kinds: ["taken", "fault", "unusable", "lost"],
  },
  {
    name: "unchecked-position",
    patches: [{
      file: "storage/layout/decode_message.ts",
      symbol: "checkContent",
      find: "into.position !== expected.position",
      put: "into.position < 0",
    }],
    explorer: ["--workload", "misplaced", "--seeds", "1..20"],
    kinds: ["verify", "twice", "gap", "index", "exception"],
  },
  {
    name: "unchecked-crc",
    patches: [{
      file: "storage/layout/decode_message.ts",
      symbol: "checkContent",
      find: 'if (expected.crc === "optional" || into.recordCrc === "right") return undefined;',
      put: 'if (expected.crc !== "optional" || expected.crc === "optional") return undefined;',
    }, {
      file: "storage/layout/decode_message.ts",
      symbol: "checkContent",
      find: 'if (!isBodyProven && into.bodyCrc !== crc31(into.body())) return "bodyCrc";',
      put: "",
    }],
    explorer: ["--workload", "torn", "--seeds", "1..20"],
    kinds: ["phantom", "wrong", "verify", "exception"],
  },
  {
    name: "checkpoint-left-behind",
    patches: [{
      file: "storage/life/retention.ts",
      symbol: "LogRetention.#delete",
      find: "carried.map(",
      put: "([] as typeof carried).map(",
    }],
    explorer: ["--workload", "retention", "--seeds", "1..16"],
    kinds: ["checkpoint"],
  },
  {
    name: "mark-before-sync",
    patches: [{
      file: "storage/life/log_duties.ts",
      symbol: "markDuty",
      find: "log.flusher.flushedPosition > identity.mark",
      put: "log.committedPosition > identity.mark",
    }, {
      file: "storage/life/log_duties.ts",
      symbol: "markDuty",
      find: "{ mark: log.flusher.flushedPosition }",
      put: "{ mark: log.committedPosition }",
    }],
    explorer: ["--workload", "lazy-flush", "--seeds", "1..8"],
    kinds: ["unusable", "exception", "verify"],
  },
  {
    name: "backward-clock",
    patches: [{
      file: "storage/log/log_writer.ts",
      symbol: "LogWriter.#notBefore",
      find: "Math.max(this.#lastTimestamp, now)",
      put: "now",
    }],
    explorer: ["--seeds", "1..200"],
    kinds: ["clock"],
  },
  {
    name: "outputs-apart",
    patches: [{
      file: "adapters/checkpoint/checkpoints.ts",
      symbol: "JobCheckpoints.save",
      find: "const results = await this.#append([...outputs, ...parts]);",
      put: "const results = await this.#append(outputs);\n      await this.#append(parts);",
    }],
    explorer: ["--seeds", "350..3000"],
    kinds: ["outputs"],
  },
  {
    name: "unsynced-queues",
    patches: [{
      file: "storage/derived/derived.ts",
      symbol: "Derived.#sync",
      find: "for (const part of [this.queues, this.index])",
      put: "for (const part of [this.index])",
    }],
    explorer: ["--seeds", "1..400"],
    kinds: ["gap", "lost", "verify", "taken"],
  },
  {
    name: "lease-kept",
    patches: [{
      file: "storage/log/segment_file.ts",
      symbol: "SegmentFile.surrender",
      find: '    libc.setLease(this.descriptor(), "none");\n',
      put: "",
    }],
    explorer: ["--workload", "intruder", "--seeds", "1..1"],
    kinds: ["guard"],
  },
  {
    name: "mapping-kept",
    patches: [{
      file: "storage/log/segment_file.ts",
      symbol: "SegmentFile.surrender",
      find: "    if (this.#mapping !== undefined) libc.munmap(this.#mapping);\n" +
        '    this.#mapping = undefined;\n    libc.setLease(this.descriptor(), "none");\n',
      put: '    libc.setLease(this.descriptor(), "none");\n',
    }],
    explorer: ["--workload", "intruder", "--seeds", "1..1"],
    kinds: ["fault"],
  },
  {
    name: "unread-short-write",
    patches: [{
      file: "storage/directory/whole_file.ts",
      symbol: "writeFully",
      find: "done < source.length",
      put: "done === 0",
    }],
    explorer: ["--workload", "short-transfers"],
    kinds: ["lost", "undurable", "exception", "unusable", "wrong", "verify"],
  },
  {
    name: "misplaced-entries",
    patches: [{
      file: "storage/derived/staged_entries.ts",
      symbol: "StagedEntries.add",
      find: "this.positions[at] = position;",
      put: "this.positions[at] = position + message.byteLength;",
    }],
    explorer: ["--seeds", "1..20"],
    kinds: ["unusable", "exception"],
  },
  {
    name: "divided-unsynced",
    patches: [{
      file: "storage/log/segment_preparer.ts",
      symbol: "nameDurably",
      find: "refuseFailedSync(",
      put: 'if (path !== ".") refuseFailedSync(',
    }],
    explorer: ["--workload", "divided", "--seeds", "1..20"],
    kinds: ["lost", "taken", "undurable", "unusable", "exception", "identity"],
  },
];

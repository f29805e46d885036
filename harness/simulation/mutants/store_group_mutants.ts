/**
 * Bugs of groups that several processes read, planted as a wrong line in a copy of the source.
 *
 * @module
 */
import type { SourceMutant } from "./store_source_mutants.ts";

/** Wrong lines, each with the explorer that finds it. */
export const GROUP_MUTANTS: readonly SourceMutant[] = [
  {
    name: "claim-unlocked",
    patches: [{
      file: "storage/directory/claim_file.ts",
      symbol: "ClaimFile.take",
      find: "const lock = takeLock(libc, { descriptor, path, textAt: CLAIM_AT.holder });",
      put: "const lock = { descriptor, [Symbol.dispose]: () => {} };",
    }],
    explorer: ["--workload", "consumers"],
    kinds: ["claim"],
  },
  {
    name: "claim-unsynced",
    patches: [{
      file: "storage/directory/claim_file.ts",
      symbol: "ClaimFile.sync",
      find: 'check(await libc.fdatasyncAsync(this.#lock.descriptor), "sync", this.path);',
      put: "",
    }],
    explorer: ["--workload", "consumers", "--seeds", "1..4"],
    kinds: ["progress"],
  },
  {
    name: "claim-unnamed",
    patches: [{
      file: "storage/directory/claim_file.ts",
      symbol: "ClaimFile.sync",
      find: "if (!this.#isSynced) await this.#directory.syncFolderAsync(CLAIMS_FOLDER);",
      put: "",
    }],
    explorer: ["--seeds", "560..660"],
    kinds: ["progress"],
  },
  {
    name: "claim-unreleased",
    patches: [{
      file: "storage/life/reader_groups.ts",
      symbol: "ReaderGroups.#release",
      find: "    progress.file.release();\n",
      put: "",
    }],
    explorer: ["--workload", "consumers"],
    kinds: ["claim"],
  },
  {
    name: "never-taken-over",
    patches: [{
      file: "storage/life/writer_groups.ts",
      symbol: "WriterGroups.#takeOver",
      find: "if (this.#claims.has(name)) return;",
      put: "if (this.#claims.has(name) || !this.#claims.has(name)) return;",
    }],
    explorer: ["--workload", "consumers"],
    kinds: ["progress"],
  },
  {
    name: "noted-too-early",
    patches: [{
      file: "storage/life/writer_groups.ts",
      symbol: "WriterGroups.write",
      find: "await this.#writeOffsets();",
      put: "for (const { name, one, offset } of taken) if (!this.#claims.has(name)) " +
        "noteTaken(this.#files.directory, one.queue, { sequence: one.sequence, offset: offset! });" +
        "\n      await this.#writeOffsets();",
    }],
    explorer: ["--sweep", "--workload", "consumers", "--ends", "kill", "--stride", "8"],
    kinds: ["progress"],
  },
  {
    name: "noted-ahead",
    patches: [{
      file: "storage/directory/claim_file.ts",
      symbol: "noteTaken",
      find: "encodeClaimNote(note)",
      put: "encodeClaimNote({ ...note, offset: note.offset + 1 })",
    }],
    explorer: ["--workload", "consumers", "--seeds", "1..4"],
    kinds: ["progress"],
  },
  {
    name: "slot-always-wins",
    patches: [{
      file: "storage/layout/claim_file.ts",
      symbol: "claimedOffset",
      find: "return known >= lowest && known <= highest ? slot.next : known;",
      put: "return slot.next;",
    }],
    explorer: ["--workload", "consumers", "--seeds", "1..16"],
    kinds: ["progress"],
  },
  {
    name: "slot-never-wins",
    patches: [{
      file: "storage/layout/claim_file.ts",
      symbol: "claimedOffset",
      find: "return known >= lowest && known <= highest ? slot.next : known;",
      put: "return known;",
    }],
    explorer: ["--workload", "consumers", "--seeds", "1..4"],
    kinds: ["progress"],
  },
  {
    name: "seen-by-name",
    patches: [{
      file: "storage/life/writer_groups.ts",
      symbol: "WriterGroups.#takeOver",
      find: "if ((this.#seen.get(name) ?? 0) >= slot.sequence) return;",
      put: "if (this.#seen.has(name)) return;",
    }],
    explorer: ["--workload", "consumers", "--seeds", "1..4"],
    kinds: ["progress"],
  },
];

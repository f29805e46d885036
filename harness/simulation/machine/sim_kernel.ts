/**
 * The simulated machine: one file system with its page cache, and the processes that use it.
 *
 * The fault model is that of a Linux machine with an honest disk. A killed process leaves the page
 * cache as it was. A power cut leaves what syncs made durable and, of the rest, what a profile of
 * `power_cut.ts` lets survive. A sync that fails tells so once, and makes the pages clean all the
 * same. Where the kernel leaves something open, {@linkcode Choices} decide.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type LinuxConstants, linuxConstants } from "../../../ffi/mod.ts";
import type { Choices } from "./choices.ts";
import { DirectoryJournal, type DirectoryProfile, type NameChange } from "./directory_journal.ts";
import { beginSync, failSync, finishSync } from "./file_sync.ts";
import { isEnd, type SimCall, type SimHook, type SimVerdict } from "./hooks.ts";
import type { SimInotify } from "./inotify.ts";
import { SimDirectory, SimFile, type SimNode, type SimSpace } from "./nodes.ts";
import { walk } from "./path_walk.ts";
import { cutFiles, POWER_CUT_PROFILE_COUNT, restartFile } from "./power_cut.ts";
import { SimScheduler } from "./scheduler.ts";
import { SimProcess, type SimProcessOptions } from "./sim_process.ts";

/** What kind of machine it is. */
export interface SimKernelOptions {
  /** Length of the device in pages of 4 KiB; 2^20 unless said. */
  readonly devicePageCount?: number;
  /** How directory changes survive a power cut; `"weak"` unless said. */
  readonly directoryProfile?: DirectoryProfile;
  /**
   * Which file system it is; `"ext4"` unless said. On `"tmpfs"` a power cut leaves nothing, a
   * failed `fallocate` gives back what it got, and ranges cannot be zeroed.
   */
  readonly fileSystem?: "ext4" | "tmpfs";
  /** Whether {@linkcode SimKernel.trace} is written. */
  readonly trace?: boolean;
}

/** Calls that leave everything as it was. */
const LOOKING: ReadonlySet<string> = new Set([
  ...["bootId", "fstat", "statx", "fstatfs", "readDirectory", "pread", "read", "queryLock"],
  ...["close", "mmap", "munmap", "madvise", "mlock", "mincore", "getLease"],
]);
const DEFAULT_PAGE_COUNT = 2 ** 20;
const FIRST_PROCESS_ID = 100;
const ROOT_NUMBER = 2;

/** A machine. */
export class SimKernel {
  /** Decides all that the kernel leaves open. */
  readonly choices: Choices;
  /** What runs next, and the clocks. */
  readonly scheduler: SimScheduler;
  /** Numbers of the flags. */
  readonly constants: LinuxConstants = linuxConstants("x86-64");
  /** The root directory. */
  readonly root: SimDirectory = new SimDirectory(ROOT_NUMBER, 0o755);
  /** Free blocks. */
  readonly space: SimSpace;
  /** Length of the device in pages. */
  readonly devicePageCount: number;
  /** Which file system it is. */
  readonly fileSystem: "ext4" | "tmpfs";
  /** Directory changes that are not durable. */
  readonly journal: DirectoryJournal;
  /** What no process may do, and some process did. */
  readonly faults: Error[] = [];
  /** The calls so far, in words, if that was asked for. */
  readonly trace: string[] = [];
  /** Decides about every call; set it at any time. */
  hook: SimHook = () => undefined;
  /** How many calls and stores were made so far. */
  callCount = 0;
  /** How often something may have changed that a kill or a power cut leaves. */
  changeCount = 0;
  /** How many calls a hook let fail or made short so far. */
  injectedCount = 0;
  readonly #faultCounts: Map<string, number> = new Map();
  readonly #tracing: boolean;
  readonly #processes: Set<SimProcess> = new Set();
  readonly #queues: Set<SimInotify> = new Set();
  #bootCount = 1;
  #mountCount = 1;
  #sequence = 0;
  #nodeNumber: number = ROOT_NUMBER;
  #processId: number = FIRST_PROCESS_ID;

  /** Builds a machine with an empty file system and starts it. */
  constructor(choices: Choices, options: SimKernelOptions = {}) {
    this.choices = choices;
    this.scheduler = new SimScheduler(choices);
    this.devicePageCount = options.devicePageCount ?? DEFAULT_PAGE_COUNT;
    this.space = { free: this.devicePageCount, refusedCount: 0 };
    this.fileSystem = options.fileSystem ?? "ext4";
    this.journal = new DirectoryJournal(options.directoryProfile ?? "weak");
    this.#tracing = options.trace ?? false;
    this.root.linkCount = 1;
  }

  /** 32 hexadecimal digits, others after each boot. */
  get bootId(): string {
    return this.#bootCount.toString(16).padStart(32, "0");
  }

  /** 16 hexadecimal digits, others after each mount, but the same again after a boot. */
  get mountId(): string {
    return this.#mountCount.toString(16).padStart(16, "0");
  }

  /** Names the page cache: another one after a boot or a mount. */
  get cacheId(): string {
    return `${this.bootId} ${this.mountId}`;
  }

  /** The last store that was made. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The processes that run. */
  get processes(): readonly SimProcess[] {
    return [...this.#processes];
  }

  /** How many faults there were so far, by kind. */
  get faultCounts(): ReadonlyMap<string, number> {
    const { refusedCount } = this.space;
    if (refusedCount === 0) return this.#faultCounts;
    return new Map(this.#faultCounts).set("device full", refusedCount);
  }

  /** Counts a fault. */
  countFault(kind: string): void {
    this.#faultCounts.set(kind, (this.#faultCounts.get(kind) ?? 0) + 1);
  }

  /** Starts a process. */
  spawn(options: SimProcessOptions = {}): SimProcess {
    const process = new SimProcess(this, this.#processId++, options);
    this.#processes.add(process);
    return process;
  }

  /** Numbers a store. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Numbers an inode. */
  nextNodeNumber(): number {
    return ++this.#nodeNumber;
  }

  /** Asks the history about a call. */
  ask(call: SimCall): SimVerdict | undefined {
    const verdict = this.hook(call);
    this.callCount++;
    if (!LOOKING.has(call.name)) this.changeCount++;
    if (verdict !== undefined && !isEnd(verdict)) {
      this.injectedCount++;
      this.countFault(`${call.name} ${"fail" in verdict ? verdict.fail : "short"}`);
    }
    if (this.#tracing) this.note(describe(call, verdict));
    return verdict;
  }

  /** Writes a line into the trace, if there is one. */
  note(line: string): void {
    if (this.#tracing) this.trace.push(line);
  }

  /** Remembers what no process may do, whatever becomes of the exception. */
  fault(error: Error): Error {
    this.faults.push(error);
    this.note(`fault: ${error.message}`);
    return error;
  }

  /** What an absolute path names now. */
  lookUp(path: string): SimNode | undefined {
    const end = walk(this.root, this.root, path, { resolve: 0, followLast: true }, this.constants);
    return typeof end === "string" ? undefined : end.node;
  }

  /** The file at an absolute path. */
  file(path: string): SimFile {
    const node = this.lookUp(path);
    assert.ok(node instanceof SimFile, `Cannot find file ${path}`);
    return node;
  }

  /** Changes names, atomically, and keeps count of the links. */
  rename(changes: readonly NameChange[]): void {
    const gone = changes.map(({ directory, name }) => directory.entries.get(name));
    this.journal.change(changes);
    for (const { node } of changes) if (node !== undefined) node.linkCount++;
    for (const node of gone) {
      if (node === undefined) continue;
      node.linkCount--;
      if (node instanceof SimFile) this.reclaim(node);
    }
    for (const { directory } of changes) directory.modifiedMs = this.scheduler.clock.wallMs;
  }

  /** Gives back the blocks of a file that has no name and is not open. */
  reclaim(file: SimFile): void {
    if (file.linkCount > 0 || file.openCount > 0) return;
    file.release(0, Infinity);
  }

  /** Registers an inotify queue. */
  addQueue(queue: SimInotify): void {
    this.#queues.add(queue);
  }

  /** Tells all watchers of an inode. */
  notify(node: SimNode, mask: number, name = ""): void {
    for (const queue of this.#queues) queue.notify(node, mask, name);
  }

  /** Tells all watchers of a file, and of its directory, that it was written to. */
  notifyModified(file: SimFile): void {
    for (const queue of this.#queues) queue.notifyModified(file);
  }

  /** `kill -9`: locks, leases, mappings and descriptors are gone; what was stored stays. */
  kill(process: SimProcess): void {
    if (!process.alive) return;
    this.note(`process ${process.id} is killed`);
    this.countFault("kill");
    this.#remove(process);
  }

  /** A process ends by itself, which is no fault. */
  exit(process: SimProcess): void {
    if (!process.alive) return;
    this.note(`process ${process.id} ends`);
    this.#remove(process);
  }

  /**
   * The power goes, and comes back. All processes are gone.
   *
   * @param profile 0 to 9, see `power_cut.ts`; drawn unless given.
   */
  cutPower(profile: number = this.choices.draw(POWER_CUT_PROFILE_COUNT)): void {
    this.note(`the power is cut, profile ${profile}`);
    this.countFault(`power cut, profile ${profile}`);
    this.#loseCache(profile);
    this.#bootCount++;
    this.#mountCount = 1;
  }

  /**
   * The device is pulled and comes back: the machine goes on, the page cache of the file system is
   * lost as in a power cut, and a new mount takes the old one's place. All processes are gone.
   *
   * @param profile 0 to 9, see `power_cut.ts`; drawn unless given.
   */
  pullDevice(profile: number = this.choices.draw(POWER_CUT_PROFILE_COUNT)): void {
    this.note(`the device is pulled, profile ${profile}`);
    this.countFault(`device pulled, profile ${profile}`);
    this.#loseCache(profile);
    this.#mountCount++;
  }

  #loseCache(profile: number): void {
    for (const process of this.#processes) process.end("the power was cut");
    this.#processes.clear();
    this.#queues.clear();
    if (this.fileSystem === "tmpfs") this.#forgetAll();
    this.journal.cut(profile, this.choices);
    this.#restart((files) => cutFiles(files, profile, this.choices));
  }

  #remove(process: SimProcess): void {
    process.end("it was killed");
    this.#processes.delete(process);
  }

  /** Unmounts, which writes everything out, and mounts again. No process may be running. */
  remount(): void {
    assert.equal(this.#processes.size, 0, "Cannot unmount: a process is still running");
    for (const file of this.#liveFiles(this.root)) this.#writeOut(file);
    this.journal.cut(1, this.choices);
    this.#restart((files) => files.forEach((file) => restartFile(file, file.durable)));
    this.note("the file system is mounted anew");
    this.countFault("remount");
    this.#mountCount++;
  }

  /** Memory gets short: clean pages are dropped, so that the next load reads the disk. */
  dropCaches(): void {
    for (const file of this.#liveFiles(this.root)) {
      for (const page of file.pages.values()) page.evict();
    }
  }

  /** The kernel writes a file out on its own account, and fails. The next sync is told. */
  failWriteback(path: string): void {
    const file = this.file(path);
    failSync(beginSync(file, 0, Infinity, this.#sequence), this.choices);
  }

  #writeOut(file: SimFile): void {
    finishSync(beginSync(file, 0, Infinity, this.#sequence), this.choices);
  }

  #forgetAll(): void {
    this.journal.cut(0, this.choices);
    this.root.durable.clear();
  }

  /** What the disk has becomes what there is. */
  #restart(restore: (files: readonly SimFile[]) => void): void {
    const nodes = new Set<SimNode>();
    loadDirectory(this.root, nodes);
    const files = [...nodes].filter((node) => node instanceof SimFile);
    restore(files.sort((a, b) => a.number - b.number));
    const used = files.reduce((sum, file) => sum + file.allocated.count, 0);
    this.space.free = Math.max(0, this.devicePageCount - used);
  }

  *#liveFiles(directory: SimDirectory): Generator<SimFile> {
    for (const node of directory.entries.values()) {
      if (node instanceof SimFile) yield node;
      else if (node instanceof SimDirectory) yield* this.#liveFiles(node);
    }
  }
}

/** Gives a directory and all below it the names that the disk has. */
function loadDirectory(directory: SimDirectory, seen: Set<SimNode>): void {
  directory.entries = new Map(directory.durable);
  for (const node of directory.entries.values()) {
    node.linkCount = seen.has(node) ? node.linkCount + 1 : 1;
    const isNew = !seen.has(node);
    seen.add(node);
    if (!isNew || !(node instanceof SimDirectory)) continue;
    node.parent = directory;
    loadDirectory(node, seen);
  }
}

function describe(call: SimCall, verdict: SimVerdict | undefined): string {
  const range = call.byteLength > 0 ? ` ${call.position}+${call.byteLength}` : "";
  const what = `${call.number} process ${call.processId}: ${call.name} ${call.path}${range}`;
  if (verdict === undefined) return what;
  if (isEnd(verdict)) return `${what} -> ${verdict === "kill" ? "kill" : "cut"}`;
  return "fail" in verdict ? `${what} -> ${verdict.fail}` : `${what} -> at most ${verdict.limit}`;
}

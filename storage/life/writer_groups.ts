/**
 * The groups of a store that this process writes, kept where a broker keeps them: RocketMQ's
 * `ConsumerOffsetManager`. What other processes have read as groups is taken over from the files of
 * their claims.
 *
 * @module
 */
import { ChangedNames, failed } from "../../ffi/mod.ts";
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets, GroupOffset } from "../broker/mod.ts";
import { ClaimFile, claimFileNames, noteTaken, readClaimFile } from "../directory/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { StoreError } from "../errors.ts";
import {
  type ClaimedQueue,
  claimFileName,
  type ClaimRecord,
  CLAIMS_FOLDER,
} from "../layout/mod.ts";
import type { ClaimRequest, HeldClaim } from "../port.ts";
import type { GroupPlace } from "../types.ts";
import type { Groups } from "./groups.ts";
import { Housekeeper } from "./housekeeper.ts";
import { claimantsOf, progressOf, tellProgress } from "./known_progress.ts";
import { type MetaParts, writeMeta } from "./log_duties.ts";
import type { StoreFiles } from "./store_files.ts";

/** Progress that came from the file of a claim, or from a claim of this process. */
interface Taken {
  readonly queue: ClaimedQueue;
  /** The slot that it is from. */
  readonly sequence: number;
}

/** Groups of a writer. */
export class WriterGroups implements Groups {
  readonly offsets: ConsumerOffsets;
  readonly #files: StoreFiles;
  readonly #parts: MetaParts;
  readonly #housekeeper: Housekeeper;
  /** Claims of this store, by the names of their files. */
  readonly #claims = new Map<string, ClaimFile>();
  /** The last slot that was seen of each file. */
  readonly #seen = new Map<string, number>();
  /** What is to be noted in the files once it is durable here. */
  readonly #unnoted = new Map<string, Taken>();
  /** Queues whose progress is to be told once it is durable, by the names of their files. */
  readonly #untold = new Map<string, ClaimedQueue>();
  #changed: ChangedNames | undefined;
  #timer: TimerHandle | undefined;

  /** Takes over the progress read; it is written every `groupIntervalMs` while it changes. */
  constructor(offsets: ConsumerOffsets, files: StoreFiles, parts: MetaParts) {
    const { environment, directory, options } = files;
    this.offsets = offsets;
    this.#files = files;
    this.#parts = parts;
    // On its own timer, and also after the log has failed.
    this.#housekeeper = new Housekeeper({
      environment,
      intervalMs: options.tuning.groupIntervalMs,
      note: directory.trust.note,
      subject: "Group progress is",
    }, [{
      isBehind: () => this.#isBehind(),
      isDue: () => this.#isBehind(),
      run: () => this.write(),
    }]);
    this.#changed = this.#watch();
    try {
      for (const name of claimFileNames(directory)) this.#takeOver(name);
    } catch (error) {
      this.#changed?.close();
      throw error;
    }
    this.#lookLater();
  }

  all(): GroupOffset[] {
    this.look();
    return this.offsets.all();
  }

  claimants(): (claim: ClaimRequest) => number | undefined {
    return claimantsOf(this.#files.directory);
  }

  claim(request: ClaimRequest): HeldClaim {
    const { offset, file } = this.#take(request);
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#release(file);
      isHeld = false;
    };
    return {
      offset,
      done: (next) => {
        checkCall(CLAIM_DOORS.done, next);
        // Those who hold a claim may use it after the store was closed.
        if (isHeld && this.#claims.get(claimFileName(file.queue)) === file) this.#set(file, next);
      },
      release,
      [Symbol.asyncDispose]: () => Promise.resolve(release()),
    };
  }

  async move(group: string, { topic, queueId, offset }: GroupPlace): Promise<void> {
    const { file } = this.#take({ group, topic, queueId });
    try {
      this.#set(file, offset);
      await this.write();
    } finally {
      this.#release(file);
    }
  }

  /** Takes over what other processes have read since the last call. */
  look(): void {
    let names = this.#changed?.take();
    if (this.#changed?.isOver !== false) {
      this.#watchAgain();
      names = undefined;
    }
    for (const name of names ?? claimFileNames(this.#files.directory)) this.#takeOver(name);
  }

  /**
   * Writes all progress, also changes during an earlier write; the timer retries a failed write.
   */
  async write(): Promise<void> {
    try {
      this.look();
      // A claim that is held may be further than its slot, which a note would speak of.
      const given = [...this.#unnoted].filter(([name]) => !this.#claims.has(name));
      const taken = given.map(([name, one]) => {
        const { group, topic, queueId } = one.queue;
        return { name, one, offset: this.offsets.get(group, topic, queueId) };
      });
      await this.#writeOffsets();
      await this.#rememberFiles();
      for (const { name, one, offset } of taken) {
        if (offset === undefined || this.#unnoted.get(name) !== one) continue;
        noteTaken(this.#files.directory, one.queue, { sequence: one.sequence, offset });
        this.#unnoted.delete(name);
      }
    } catch (error) {
      this.#housekeeper.wake();
      throw error;
    }
  }

  /** Writes progress, and tells of what has changed of it. */
  async #writeOffsets(): Promise<void> {
    const changed = [...this.#untold];
    this.#untold.clear();
    const progress = changed.map(([, { group, topic, queueId }]) => {
      return { group, topic, queueId, offset: this.offsets.get(group, topic, queueId)! };
    });
    try {
      await this.offsets.write();
    } catch (error) {
      for (const [name, queue] of changed) this.#untold.set(name, queue);
      throw error;
    }
    for (const one of progress) tellProgress(this.#files, one);
  }

  /** Stops the timers, after a running write, and gives every claim back. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#housekeeper.stop();
    for (const file of this.#claims.values()) file.close();
    this.#claims.clear();
    this.#changed?.close();
  }

  #watch(): ChangedNames | undefined {
    const { directory } = this.#files;
    const folder = directory.openFolder(CLAIMS_FOLDER);
    if (folder === undefined) return undefined;
    const changed = ChangedNames.of(directory.libc, folder);
    directory.libc.close(folder);
    return failed(changed) ? undefined : changed;
  }

  /** The folder was removed, or its events could not be had. */
  #watchAgain(): void {
    if (this.#changed !== undefined) {
      this.#changed.close();
      const gone = `Folder ${CLAIMS_FOLDER} was removed: what groups had read there is lost`;
      this.#files.directory.trust.note(`${gone}, unless it was taken over before`);
      this.#files.directory.ensureFolder(CLAIMS_FOLDER);
    }
    this.#changed = this.#watch();
    this.#seen.clear();
  }

  /** Looks from time to time, without keeping the process alive. */
  #lookLater(): void {
    const { environment, options, directory } = this.#files;
    this.#timer = environment.timers.background(options.tuning.groupIntervalMs, () => {
      try {
        this.look();
      } catch (error) {
        const { message } = error as Error;
        directory.trust.note(`Groups of other processes are not followed: ${message}`);
      }
      this.#lookLater();
    });
  }

  #takeOver(name: string): void {
    // What this process reads itself, it knows better.
    if (this.#claims.has(name)) return;
    const record = this.#read(name);
    if (record?.slot === undefined) return;
    const { group, topic, queueId, slot, note } = record;
    if ((this.#seen.get(name) ?? 0) >= slot.sequence) return;
    this.#seen.set(name, slot.sequence);
    const offset = progressOf(this.offsets, record, record);
    if (offset !== undefined) this.#change({ group, topic, queueId }, offset);
    if (offset !== slot.next || (note !== undefined && note.sequence >= slot.sequence)) return;
    this.#unnoted.set(name, { queue: { group, topic, queueId }, sequence: slot.sequence });
    this.#housekeeper.wake();
  }

  #read(name: string): ClaimRecord | undefined {
    try {
      return readClaimFile(this.#files.directory, name);
    } catch (error) {
      // One file that cannot be read must not hold up the others.
      if (!StoreError.is(error)) throw error;
      this.#files.directory.trust.note(`Progress of a group is not taken over: ${error.message}`);
      return undefined;
    }
  }

  #take({ group, topic, queueId }: ClaimRequest): { offset: number | undefined; file: ClaimFile } {
    const { directory, environment } = this.#files;
    const file = ClaimFile.take(directory, { group, topic, queueId }, environment.clock.now());
    this.#claims.set(claimFileName(file.queue), file);
    const known = this.offsets.get(group, topic, queueId);
    const offset = progressOf(this.offsets, file.queue, file.record);
    file.begin(offset, known);
    if (offset !== undefined && offset !== known) this.#set(file, offset);
    return { offset, file };
  }

  #set(file: ClaimFile, offset: number): void {
    const { slot } = file.record;
    file.pass(offset);
    // Where the slot would be taken for newer, it has to be written first.
    if (slot !== undefined && offset !== slot.next && offset <= slot.highest) {
      this.#put(file, offset);
      file.syncNow();
    }
    this.#change(file.queue, offset);
    this.#housekeeper.wake();
  }

  #change(queue: ClaimedQueue, offset: number): void {
    const { group, topic, queueId } = queue;
    const isTold = this.#files.events.isHeard("streambed:group") &&
      this.offsets.get(group, topic, queueId) !== offset;
    if (isTold) this.#untold.set(claimFileName(queue), queue);
    this.offsets.set(group, topic, queueId, offset);
  }

  /** The next claim, perhaps of another process, goes on where this one was. */
  #release(file: ClaimFile): void {
    const name = claimFileName(file.queue);
    if (!this.#claims.delete(name)) return;
    const { group, topic, queueId } = file.queue;
    const offset = this.offsets.get(group, topic, queueId);
    try {
      if (offset !== undefined && offset !== file.record.slot?.next) this.#put(file, offset);
    } catch (error) {
      const { message } = error as Error;
      this.#files.directory.trust.note(`Group progress is behind: ${message}`);
    }
    file.close();
  }

  #put(file: ClaimFile, offset: number): void {
    file.write(offset);
    const { sequence } = file.record.slot!;
    const name = claimFileName(file.queue);
    this.#seen.set(name, sequence);
    this.#unnoted.set(name, { queue: file.queue, sequence });
    this.#housekeeper.wake();
  }

  #isBehind(): boolean {
    return this.offsets.isDirty ||
      this.#unnoted.keys().some((name) => !this.#claims.has(name));
  }

  /** Remembers in `streambed/meta` that the files exist, so that a missing one is noticed. */
  async #rememberFiles(): Promise<void> {
    const { meta, failure } = this.#parts;
    const { told } = this.offsets;
    const known = meta.current!;
    const hasOffsets = told.hasOffsets || known.hasOffsets === true;
    const hasLmqOffsets = told.hasLmqOffsets || known.hasLmqOffsets === true;
    const isKnown = hasOffsets === known.hasOffsets && hasLmqOffsets === known.hasLmqOffsets;
    if (isKnown || failure.error !== undefined) return;
    await writeMeta(this.#parts, { hasOffsets, hasLmqOffsets });
  }
}

/**
 * The groups of a store that another process writes, or none: progress goes into the files of
 * claims, from where the writer takes it over.
 *
 * @module
 */
import { checkCall, CLAIM_DOORS } from "../arguments/mod.ts";
import type { ConsumerOffsets, GroupOffset } from "../broker/mod.ts";
import { ClaimFile, refuseUnpermitted, type StoreDirectory } from "../directory/mod.ts";
import {
  BACKUP_SUFFIX,
  CLAIMS_FOLDER,
  GROUP_OFFSETS_FILE,
  LMQ_GROUP_OFFSETS_FILE,
  OWN_FOLDER,
} from "../layout/mod.ts";
import type { ClaimRequest, HeldClaim } from "../port.ts";
import type { GroupPlace } from "../types.ts";
import type { Groups } from "./groups.ts";
import { Housekeeper } from "./housekeeper.ts";
import {
  claimantsOf,
  progressOf,
  readOffsets,
  readProgress,
  tellProgress,
} from "./known_progress.ts";
import { pendingDuty } from "./log_duties.ts";
import type { StoreFiles } from "./store_files.ts";

/** Progress of one claim. */
interface Progress {
  readonly file: ClaimFile;
  /** What the file does not hold yet. */
  next: number | undefined;
  /** How often the file was written, and how much of that is on the disk. */
  writeCount: number;
  syncedCount: number;
  isSyncing: boolean;
  isReleased: boolean;
}

const NOTHING_YET = {
  next: undefined,
  writeCount: 0,
  syncedCount: 0,
  isSyncing: false,
  isReleased: false,
};

/** What tells of progress; while one is replaced, its backup stands for it. */
const OFFSETS_FILES = [GROUP_OFFSETS_FILE, LMQ_GROUP_OFFSETS_FILE]
  .flatMap((path) => [path, `${path}${BACKUP_SUFFIX}`]);

/** Groups of a reader. */
export class ReaderGroups implements Groups {
  readonly #files: StoreFiles;
  /** A reader relies on what it writes as a writer does. */
  readonly #directory: StoreDirectory;
  readonly #housekeeper: Housekeeper;
  /** Claims that are held, and those given back whose progress is not on the disk yet. */
  readonly #claims = new Set<Progress>();
  #known: { readonly offsets: ConsumerOffsets; readonly version: string } | undefined;
  #written: Promise<void> = Promise.resolve();

  /** Reads nothing yet. */
  constructor(files: StoreFiles) {
    const { environment, directory, options } = files;
    this.#files = files;
    this.#directory = directory.forWriting();
    this.#housekeeper = new Housekeeper({
      environment,
      intervalMs: options.tuning.groupIntervalMs,
      note: directory.trust.note,
      subject: "Group progress is",
    }, [pendingDuty(() => this.#isBehind(), () => this.write())]);
  }

  all(): GroupOffset[] {
    return readProgress(this.#files);
  }

  claimants(): (claim: ClaimRequest) => number | undefined {
    return claimantsOf(this.#files.directory);
  }

  claim(request: ClaimRequest): HeldClaim {
    const progress = this.#take(request);
    const offset = this.#begin(progress);
    const release = () => this.#release(progress);
    return {
      offset,
      done: (next) => {
        checkCall(CLAIM_DOORS.done, next);
        if (!progress.isReleased) this.#set(progress, next);
      },
      release,
      [Symbol.asyncDispose]: () => Promise.resolve(release()),
    };
  }

  async move(group: string, { topic, queueId, offset }: GroupPlace): Promise<void> {
    const progress = this.#take({ group, topic, queueId });
    try {
      this.#begin(progress);
      this.#set(progress, offset);
      await this.write();
    } finally {
      this.#release(progress);
    }
  }

  write(): Promise<void> {
    const written = this.#written.then(() => this.#write());
    // The caller gets the error; the next write tries again.
    this.#written = written.catch(() => this.#housekeeper.wake());
    return written;
  }

  /** Makes all progress durable and gives every claim back, whatever fails. */
  async close(): Promise<void> {
    await this.#housekeeper.stop();
    try {
      await this.write();
    } finally {
      // Those who hold them may use them still.
      for (const progress of this.#claims) {
        progress.isReleased = true;
        progress.file.close();
      }
      this.#claims.clear();
    }
  }

  #take(request: ClaimRequest): Progress {
    const { environment } = this.#files;
    this.#makeFolder();
    const { group, topic, queueId } = request;
    const file = ClaimFile.take(
      this.#directory,
      { group, topic, queueId },
      environment.clock.now(),
    );
    const progress = { ...NOTHING_YET, file };
    this.#claims.add(progress);
    return progress;
  }

  #begin(progress: Progress): number | undefined {
    const { file } = progress;
    const { group, topic, queueId } = file.queue;
    try {
      // After the lock: before it, another claim may have gone on.
      const offsets = this.#readOffsets();
      const start = progressOf(offsets, file.queue, file.record);
      file.begin(start, offsets.get(group, topic, queueId));
      return start;
    } catch (error) {
      this.#release(progress);
      throw error;
    }
  }

  /** A writer makes the folder; a store that was never written by this release lacks it. */
  #makeFolder(): void {
    const directory = this.#directory;
    const { libc } = directory;
    const ask = libc.denied.bind(libc);
    const hasOwn = directory.status(OWN_FOLDER) !== undefined;
    const folder = hasOwn ? CLAIMS_FOLDER : OWN_FOLDER;
    refuseUnpermitted(ask, { path: `${directory.path}/${folder}`, write: true });
    directory.ensureFolder(CLAIMS_FOLDER);
  }

  /** The store's own files of progress, which are read again when one was replaced. */
  #readOffsets(): ConsumerOffsets {
    const version = OFFSETS_FILES.map((path) => {
      const status = this.#files.directory.status(path);
      if (status === undefined) return "";
      return [status.inodeHigh, status.inodeLow, status.byteLength, status.modifiedMs].join(" ");
    }).join();
    if (this.#known === undefined || this.#known.version !== version) {
      this.#known = { offsets: readOffsets(this.#files), version };
    }
    return this.#known.offsets;
  }

  #set(progress: Progress, next: number): void {
    progress.next = next;
    this.#housekeeper.wake();
  }

  #isBehind(): boolean {
    return this.#claims.values().some(isBehind);
  }

  async #write(): Promise<void> {
    const behind = [...this.#claims].filter(isBehind);
    const ends = await Promise.allSettled(behind.map((progress) => this.#sync(progress)));
    const failure = ends.find((end) => end.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  async #sync(progress: Progress): Promise<void> {
    put(progress);
    const count = progress.writeCount;
    const offset = progress.file.record.slot?.next;
    progress.isSyncing = true;
    try {
      await progress.file.sync();
      progress.syncedCount = count;
    } catch (error) {
      // Synced once more, it would find nothing to write, and say that all is well. What was given
      // back is another's to write by now.
      if (progress.isReleased) progress.syncedCount = progress.writeCount;
      else progress.next ??= progress.file.record.slot?.next;
      throw error;
    } finally {
      progress.isSyncing = false;
    }
    if (offset !== undefined) {
      const { group, topic, queueId } = progress.file.queue;
      tellProgress(this.#files, { group, topic, queueId, offset });
    }
    this.#drop(progress);
  }

  /** Another process may go on at once, where this one was; a power cut may take some of it. */
  #release(progress: Progress): void {
    if (progress.isReleased) return;
    progress.isReleased = true;
    try {
      put(progress);
    } catch (error) {
      progress.next = undefined;
      this.#files.directory.trust.note(`Group progress is behind: ${(error as Error).message}`);
    }
    progress.file.release();
    this.#drop(progress);
    if (isBehind(progress)) this.#housekeeper.wake();
  }

  /** Closes what was given back and is on the disk. */
  #drop(progress: Progress): void {
    if (!progress.isReleased || progress.isSyncing || isBehind(progress)) return;
    if (this.#claims.delete(progress)) progress.file.close();
  }
}

function put(progress: Progress): void {
  if (progress.next === undefined) return;
  progress.file.write(progress.next);
  progress.next = undefined;
  progress.writeCount++;
}

function isBehind({ next, writeCount, syncedCount }: Progress): boolean {
  return next !== undefined || syncedCount < writeCount;
}

/**
 * Changes of directories that no fsync has made durable yet.
 *
 * A rename is one change, though it may concern two directories: after a power cut it happened or
 * it did not, and until both directories were synced nobody knows.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import type { SimDirectory, SimNode } from "./nodes.ts";

/**
 * How directory changes survive a power cut. `"journalled"`: a prefix of them, and any fsync makes
 * all of them durable, as ext4 does. `"weak"`: any subset, and only the fsync of a directory itself
 * counts, which is all that POSIX promises.
 */
export type DirectoryProfile = "journalled" | "weak";

/** One name of one directory. */
export interface NameChange {
  /** Whose name it is. */
  readonly directory: SimDirectory;
  /** The name. */
  readonly name: string;
  /** What the name stands for from now on; `undefined`: nothing. */
  readonly node?: SimNode;
}

interface PendingChange {
  readonly number: number;
  readonly names: readonly NameChange[];
  /** Directories whose fsync is still missing. */
  readonly unsynced: Set<SimDirectory>;
}

/** The changes that are not durable, in order. */
export class DirectoryJournal {
  readonly #profile: DirectoryProfile;
  #pending: PendingChange[] = [];
  #number = 0;

  /** Starts with nothing pending. */
  constructor(profile: DirectoryProfile) {
    this.#profile = profile;
  }

  /** The number of the last change so far, for a sync that begins now. */
  get lastNumber(): number {
    return this.#number;
  }

  /** Carries out a change of names, atomically, in the page cache. */
  change(names: readonly NameChange[]): void {
    for (const change of names) applyTo(change.directory.entries, change);
    const unsynced = new Set(names.map((change) => change.directory));
    this.#pending.push({ number: ++this.#number, names, unsynced });
  }

  /**
   * An fsync succeeded that had begun after change `upTo`; `directory` is what was synced, if it
   * was one.
   */
  synced(directory: SimDirectory | undefined, upTo: number): void {
    for (const change of this.#pending) {
      if (change.number > upTo) break;
      if (this.#profile === "journalled") change.unsynced.clear();
      else if (directory !== undefined) change.unsynced.delete(directory);
    }
    this.#makeDurable((change) => change.unsynced.size === 0);
  }

  /**
   * The fsync of a directory failed: each of its changes got to the disk or did not. Those that did
   * not are not forgotten, as pages would be: they stay in the journal, and the next fsync may
   * succeed.
   */
  failed(directory: SimDirectory, upTo: number, choices: Choices): void {
    for (const change of this.#pending) {
      if (change.number > upTo || !change.unsynced.has(directory)) continue;
      if (choices.chance(1, 2)) change.unsynced.delete(directory);
    }
    this.#makeDurable((change) => change.unsynced.size === 0);
  }

  /** The power goes: decides which changes the disk has. Profiles 0 and 1 are none and all. */
  cut(profile: number, choices: Choices): void {
    const open = this.#pending.filter((change) => change.unsynced.size > 0);
    const survivors = this.#survivors(open, profile, choices);
    this.#makeDurable((change) => change.unsynced.size === 0 || survivors.has(change));
    this.#pending = [];
  }

  #survivors(
    open: readonly PendingChange[],
    profile: number,
    choices: Choices,
  ): ReadonlySet<PendingChange> {
    if (open.length === 0 || profile === 0) return new Set();
    if (profile === 1) return new Set(open);
    if (this.#profile === "weak") return new Set(open.filter(() => choices.draw(2) === 1));
    return new Set(open.slice(0, choices.draw(open.length + 1)));
  }

  /**
   * Makes changes durable, and with each of them the earlier ones of the same names: a directory
   * that has the later has the earlier, and a rename cannot be there by half.
   */
  #makeDurable(chosen: (change: PendingChange) => boolean): void {
    const durable: PendingChange[] = [];
    for (const change of this.#pending.toReversed()) {
      if (chosen(change) || durable.some((later) => sameName(later, change))) durable.push(change);
    }
    this.#pending = this.#pending.filter((change) => !durable.includes(change));
    for (const { names } of durable.reverse()) {
      for (const name of names) applyTo(name.directory.durable, name);
    }
  }
}

function applyTo(names: Map<string, SimNode>, { name, node }: NameChange): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

function sameName(one: PendingChange, other: PendingChange): boolean {
  return one.names.some((a) =>
    other.names.some((b) => a.directory === b.directory && a.name === b.name)
  );
}

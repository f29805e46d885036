/**
 * One JSON file of a broker, held in memory and written back whole. Members that we do not know
 * stay.
 *
 * @module
 */
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import type { BrokerFile, BrokerFiles } from "./broker_files.ts";
import { type BrokerObject, printBrokerJson } from "./broker_json.ts";
import { describeMissing, describeUnread, keptName } from "./read_config.ts";
import { replaceFile } from "./replace_file.ts";
import { BACKUP_SUFFIX } from "../layout/mod.ts";

/** What a configuration file needs of the world. */
export interface ConfigFileOptions {
  /** Time and chance. */
  readonly environment: Pick<Environment, "clock" | "random">;
  /** Where to tell of what is not an error; the directory's own notes when left out. */
  readonly note?: (text: string) => void;
}

/** A JSON file of a broker. */
export class ConfigFile {
  /** The file's members. Whoever changes them calls {@linkcode ConfigFile.touch}. */
  readonly root: BrokerObject;
  /** Whether the file or its backup was there to be read. */
  readonly isFound: boolean;
  /** Whether all was read that the file, and those that earlier writers kept, may say. */
  readonly isWhole: boolean;
  readonly #directory: StoreDirectory;
  readonly #path: string;
  readonly #environment: ConfigFileOptions["environment"];
  #unread: readonly string[];
  #isMissing: boolean;
  #isDirty = false;
  #isWriting = false;
  #flight: Promise<unknown> = Promise.resolve();

  /**
   * Takes the file, or its backup. Where neither is there it is empty; where one cannot be read, a
   * note says so.
   */
  constructor(files: BrokerFiles, path: BrokerFile, options: ConfigFileOptions) {
    const { directory } = files;
    this.#directory = directory;
    this.#path = path;
    this.#environment = options.environment;
    const reading = files.get(path);
    describeUnread(path, reading).forEach(options.note ?? directory.trust.note);
    this.root = reading.root ?? new Map();
    this.isFound = reading.root !== undefined;
    this.#isMissing = reading.isMissing;
    this.isWhole = !reading.isMissing && reading.unreadable.length + reading.kept.length === 0;
    // What was missing may be back by the time that it is written, and nobody has read it.
    this.#unread = reading.isMissing ? [path, `${path}${BACKUP_SUFFIX}`] : reading.unreadable;
  }

  /** Whether it was changed since it was last written. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Whether the file says what is in memory, and would after a power cut. */
  get isDurable(): boolean {
    return !this.#isDirty && !this.#isWriting;
  }

  /** Gives a member that is an object, making it if need be. One of another kind is replaced. */
  object(parent: BrokerObject, key: string): BrokerObject {
    const known = parent.get(key);
    if (known instanceof Map) return known;
    const made: BrokerObject = new Map();
    parent.set(key, made);
    return made;
  }

  /** Says that what was changed alone is no reason to write: it goes along with the next change. */
  settle(): void {
    this.#isDirty = false;
  }

  /** Says that the members were changed. */
  touch(): void {
    this.#isDirty = true;
  }

  /**
   * Writes the file if it was changed, with the next `dataVersion`; the old one is kept as `.bak`,
   * or as `.unreadable-N` if that is what it was.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room. It stays changed: call it again.
   * @throws {StoreError<"SYSTEM">} If it fails otherwise; the same.
   */
  write(): Promise<void> {
    const written = this.#flight.then(() => this.#isDirty ? this.#write() : undefined);
    this.#flight = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    this.#isDirty = false;
    this.#isWriting = true;
    this.#bumpVersion();
    const bytes = new TextEncoder().encode(printBrokerJson(sorted(this.root)));
    try {
      const { random } = this.#environment;
      await this.#keepUnread();
      await replaceFile(this.#directory, this.#path, bytes, { random });
    } catch (error) {
      this.#isDirty = true;
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  /**
   * What it did not read might be all that there is: neither it nor its backup is ever written
   * over, and what is missing not forgotten.
   */
  async #keepUnread(): Promise<void> {
    for (const path of this.#unread) {
      if (this.#directory.status(path) === undefined) continue;
      this.#directory.rename(path, keptName(this.#directory, path));
      this.#isMissing = false;
    }
    this.#unread = [];
    if (!this.#isMissing) return;
    const bytes = new TextEncoder().encode(`${describeMissing(this.#path)}\n`);
    const { random } = this.#environment;
    const path = keptName(this.#directory, this.#path);
    await replaceFile(this.#directory, path, bytes, { random, backup: false });
    this.#isMissing = false;
  }

  #bumpVersion(): void {
    const version = this.object(this.root, "dataVersion");
    const counter = version.get("counter");
    version.set("counter", typeof counter === "number" ? counter + 1 : 1);
    if (!version.has("stateVersion")) version.set("stateVersion", 0);
    version.set("timestamp", this.#environment.clock.now());
  }
}

/** A broker sorts the members of its own classes, and these are all at the top. */
function sorted(root: BrokerObject): BrokerObject {
  return new Map([...root].sort(([a], [b]) => String(a) < String(b) ? -1 : 1));
}

/**
 * One JSON file of a broker, held in memory and written back whole, unknown members too.
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

export interface ConfigFileOptions {
  readonly environment: Pick<Environment, "clock" | "random">;
  /** The directory's own notes when left out. */
  readonly note?: (text: string) => void;
}

export class ConfigFile {
  /** The file's members. Call {@linkcode ConfigFile.touch} after a change. */
  readonly root: BrokerObject;
  /** Whether the file or its backup could be read. */
  readonly isFound: boolean;
  /** Whether everything in the file, and in those that earlier writers kept, was read. */
  readonly isWhole: boolean;
  readonly #directory: StoreDirectory;
  readonly #path: string;
  readonly #environment: ConfigFileOptions["environment"];
  #unread: readonly string[];
  #isMissing: boolean;
  #isDirty = false;
  #isWriting = false;
  #flight: Promise<unknown> = Promise.resolve();

  /** Takes the file, or its backup, else nothing. A note tells of an unreadable file. */
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
    // A missing file may be back by the next write, still unread.
    this.#unread = reading.isMissing ? [path, `${path}${BACKUP_SUFFIX}`] : reading.unreadable;
  }

  /** Whether it was changed since it was last written. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Whether the file holds what is in memory, after a power cut too. */
  get isDurable(): boolean {
    return !this.#isDirty && !this.#isWriting;
  }

  /** A member that is an object; one of another kind is replaced, a missing one made. */
  object(parent: BrokerObject, key: string): BrokerObject {
    const known = parent.get(key);
    if (known instanceof Map) return known;
    const made: BrokerObject = new Map();
    parent.set(key, made);
    return made;
  }

  touch(): void {
    this.#isDirty = true;
  }

  /**
   * Writes the file if it was changed, with the next `dataVersion`. The old one is kept as `.bak`,
   * or as `.unreadable-N` if it could not be read. After an error it stays changed: call it again.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
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
   * What was not read may hold everything: neither it nor its backup is ever overwritten, and a
   * missing file is remembered.
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

/** As a broker sorts the members of its own classes, which are all at the top. */
function sorted(root: BrokerObject): BrokerObject {
  return new Map([...root].sort(([a], [b]) => String(a) < String(b) ? -1 : 1));
}

/**
 * One JSON file of a broker, held in memory and written back whole. Members that we do not know stay.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import {
  type BrokerJson,
  type BrokerObject,
  parseBrokerJson,
  printBrokerJson,
} from "./broker_json.ts";
import { readWithBackup, replaceFile } from "./replace_file.ts";

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
  readonly #directory: StoreDirectory;
  readonly #path: string;
  readonly #environment: ConfigFileOptions["environment"];
  #isDirty = false;
  #flight: Promise<unknown> = Promise.resolve();

  /**
   * Reads the file, or its backup; without either it is empty.
   *
   * @param directory The store's directory.
   * @param path Path of the file below the root.
   * @param options See each.
   */
  constructor(directory: StoreDirectory, path: string, options: ConfigFileOptions) {
    this.#directory = directory;
    this.#path = path;
    this.#environment = options.environment;
    const root = readWithBackup(directory, path, decodeObject);
    if (root === undefined && directory.status(path) !== undefined) {
      const note = options.note ?? directory.trust.note;
      note(`File ${quotePath(path)} is no JSON object and has no backup: read as if it was empty`);
    }
    this.root = root ?? new Map();
  }

  /** Whether it was changed since it was last written. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /**
   * Gives a member that is an object, making it if need be. One of another kind is replaced.
   *
   * @param parent The object that has it.
   * @param key Its key.
   * @returns The member.
   */
  object(parent: BrokerObject, key: string): BrokerObject {
    const known = parent.get(key);
    if (known instanceof Map) return known;
    const made: BrokerObject = new Map();
    parent.set(key, made);
    return made;
  }

  /** Says that the members were changed. */
  touch(): void {
    this.#isDirty = true;
  }

  /**
   * Writes the file if it was changed, with the next `dataVersion`; the old one is kept as `.bak`.
   *
   * @throws {DiskFullError} If there is no room. It stays changed: call it again.
   * @throws {SystemError} If it fails otherwise; the same.
   */
  write(): Promise<void> {
    const written = this.#flight.then(() => this.#isDirty ? this.#write() : undefined);
    this.#flight = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    this.#isDirty = false;
    this.#bumpVersion();
    const bytes = new TextEncoder().encode(printBrokerJson(sorted(this.root)));
    try {
      const { random } = this.#environment;
      await replaceFile(this.#directory, this.#path, bytes, { random });
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  #bumpVersion(): void {
    const version = this.object(this.root, "dataVersion");
    const counter = version.get("counter");
    version.set("counter", typeof counter === "number" ? counter + 1 : 1);
    if (!version.has("stateVersion")) version.set("stateVersion", 0);
    version.set("timestamp", this.#environment.clock.now());
  }
}

function decodeObject(bytes: Uint8Array): BrokerObject | undefined {
  let value: BrokerJson;
  try {
    value = parseBrokerJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
  return value instanceof Map ? value : undefined;
}

/** A broker sorts the members of its own classes, and these are all at the top. */
function sorted(root: BrokerObject): BrokerObject {
  return new Map([...root].sort(([a], [b]) => String(a) < String(b) ? -1 : 1));
}

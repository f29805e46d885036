/**
 * Reading one of the broker's JSON files, and telling apart what is not there from what cannot be
 * read.
 *
 * RocketMQ's `ConfigManager.load()` takes the backup where the file is missing, empty or no JSON,
 * and starts with nothing where that is missing too. Here nothing is decided on what could not be
 * read: who writes the file next keeps it under a name of its own.
 *
 * @module
 */
import { basename } from "node:path";
import { quotePath } from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import { folderOf, readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import { type BrokerObject, parseBrokerJson } from "./broker_json.ts";
import { BACKUP_SUFFIX, UNREADABLE_SUFFIX } from "../layout/mod.ts";

/** What a look at a file and its backup gave. */
export interface ConfigReading {
  /** The members of the file, else of its backup; `undefined` if neither could be read. */
  readonly root: BrokerObject | undefined;
  /**
   * Which of the two is there and cannot be read, paths below the root; the backup only where it
   * was needed.
   */
  readonly unreadable: readonly string[];
  /** What earlier writers could not read and kept, paths below the root. */
  readonly kept: readonly string[];
  /** Whether there was such a file, and nothing of it is there. */
  readonly isMissing: boolean;
}

/** What a reader knows of a file beforehand. */
export interface ConfigExpectation {
  /**
   * Members that are objects where they are there: a file in which one is something else cannot be
   * read.
   */
  readonly tables: readonly string[];
  /**
   * Whether there was such a file.
   *
   * @default {false}
   */
  readonly isExpected?: boolean;
}

/** Reads a file, or its backup. */
export function readConfig(
  directory: StoreDirectory,
  path: string,
  { tables, isExpected = false }: ConfigExpectation,
): ConfigReading {
  const unreadable: string[] = [];
  const kept = keptFiles(directory, path);
  for (const candidate of [path, `${path}${BACKUP_SUFFIX}`]) {
    const root = readRoot(directory, candidate, tables);
    if (root instanceof Map) return { root, unreadable, kept, isMissing: false };
    if (root === "unreadable") unreadable.push(candidate);
  }
  const isMissing = isExpected && unreadable.length + kept.length === 0;
  return { root: undefined, unreadable, kept, isMissing };
}

/** Says in words what a reading means; nothing if all was read that there is. */
export function describeUnread(
  path: string,
  { root, unreadable, kept, isMissing }: ConfigReading,
): string[] {
  const sentences = unreadable.map((one) =>
    `File ${quotePath(one)} cannot be read and ` +
    (root === undefined
      ? "nothing of it is known: its content counts as unknown, not as empty"
      : `${quotePath(`${path}${BACKUP_SUFFIX}`)}, which is older, counts instead`) +
    `; who writes it next keeps it as ${quotePath(`${one}${UNREADABLE_SUFFIX}N`)}`
  );
  return [
    ...sentences,
    ...isMissing ? [describeMissing(path)] : [],
    ...kept.map((one) =>
      `File ${quotePath(one)} could not be read when it was ${quotePath(path)} and was kept: ` +
      "take what you need from it, then remove it"
    ),
  ];
}

/**
 * Says what it means that a file is missing. It is what a file says, too, that is kept in the place
 * of the missing one.
 */
export function describeMissing(path: string): string {
  return `File ${quotePath(path)} is not there, and it told of groups: how far they have read ` +
    "counts as unknown; put it back, or, if its groups are to begin anew, put " +
    `{"offsetTable":{}} there; who writes it next makes ${
      quotePath(`${path}${UNREADABLE_SUFFIX}N`)
    }, and it is ` +
    "unknown until you remove that";
}

/** A name for what cannot be read that nothing has yet. */
export function keptName(directory: StoreDirectory, path: string): string {
  for (let number = 1;; number++) {
    const name = `${path}${UNREADABLE_SUFFIX}${number}`;
    if (directory.status(name) === undefined) return name;
  }
}

/** Tells what the bytes of a file say. */
export function decodeConfig(bytes: Uint8Array): BrokerObject | undefined {
  try {
    const root = parseBrokerJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return root instanceof Map ? root : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function keptFiles(directory: StoreDirectory, path: string): string[] {
  const folder = folderOf(path);
  const name = basename(path);
  return (directory.list(folder) ?? [])
    .map((entry) => entry.name)
    .filter((other) =>
      [`${name}${UNREADABLE_SUFFIX}`, `${name}${BACKUP_SUFFIX}${UNREADABLE_SUFFIX}`].some((it) =>
        other.startsWith(it)
      )
    )
    .map((other) => `${folder}/${other}`);
}

function readRoot(
  directory: StoreDirectory,
  path: string,
  tables: readonly string[],
): BrokerObject | "unreadable" | undefined {
  try {
    const bytes = readWholeFile(directory, path);
    if (bytes === undefined) return undefined;
    const root = decodeConfig(bytes);
    const isSound = tables.every((name) => !root?.has(name) || root.get(name) instanceof Map);
    return root !== undefined && isSound ? root : "unreadable";
  } catch (error) {
    if (StoreError.is(error, "SYSTEM") && error.errno === "EACCES") return "unreadable";
    throw error;
  }
}

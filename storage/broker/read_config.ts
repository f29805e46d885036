/**
 * Reads a JSON file of the broker; a missing file is not an unreadable one.
 *
 * RocketMQ's `ConfigManager.load()` takes the backup if the file is missing, empty or not JSON, and
 * starts with nothing if that is missing too. Here nothing is decided on what could not be read:
 * the next writer keeps it under a name of its own.
 *
 * @module
 */
import { basename } from "node:path";
import { quotePath } from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import { folderOf, readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import { type BrokerObject, parseBrokerJson } from "./broker_json.ts";
import { BACKUP_SUFFIX, UNREADABLE_SUFFIX } from "../layout/mod.ts";

/** What was read of a file and its backup. */
export interface ConfigReading {
  /** The members of the file, else of its backup; `undefined` if neither could be read. */
  readonly root: BrokerObject | undefined;
  /** Those of the two that cannot be read, paths below the root; the backup only if needed. */
  readonly unreadable: readonly string[];
  /** Files that earlier writers could not read and kept, paths below the root. */
  readonly kept: readonly string[];
  /** Whether the file existed once, and nothing of it is left. */
  readonly isMissing: boolean;
}

/** What a reader expects of a file. */
export interface ConfigExpectation {
  /** Members that must be objects where they exist, for the file to be readable. */
  readonly tables: readonly string[];
  /** Whether the file existed once; `false` when left out. */
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

/** What a reading means, in words; empty if everything was read. */
export function describeUnread(
  path: string,
  { root, unreadable, kept, isMissing }: ConfigReading,
): string[] {
  const sentences = unreadable.map((one) =>
    `File ${quotePath(one)} cannot be read and ` +
    (root === undefined
      ? "nothing of it is known: its content counts as unknown, not as empty"
      : `${quotePath(`${path}${BACKUP_SUFFIX}`)}, which is older, counts instead`) +
    `; the next writer keeps it as ${quotePath(`${one}${UNREADABLE_SUFFIX}N`)}`
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

/** What a missing file means; also the content of the file that takes its place. */
export function describeMissing(path: string): string {
  return `File ${quotePath(path)} is not there, and it held the progress of groups, which now ` +
    "counts as unknown; put it back, or, to begin anew, put " +
    `{"offsetTable":{}} there; the next writer makes ${
      quotePath(`${path}${UNREADABLE_SUFFIX}N`)
    }, and the progress stays ` +
    "unknown until you remove that";
}

/** A free name for a file that cannot be read. */
export function keptName(directory: StoreDirectory, path: string): string {
  for (let number = 1;; number++) {
    const name = `${path}${UNREADABLE_SUFFIX}${number}`;
    if (directory.status(name) === undefined) return name;
  }
}

/** The members of a file; `undefined` if it is not a whole JSON object in UTF-8. */
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

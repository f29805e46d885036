/**
 * What a backup carries beside the log: a broker's configuration with the progress of groups, and
 * where queues without a message in the log go on.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import {
  BrokerFiles,
  type BrokerObject,
  decodeConfig,
  describeMissing,
  keptName,
  printBrokerJson,
} from "../broker/mod.ts";
import { encodeNextOffsets, type NextOffset, type QueueTable } from "../derived/mod.ts";
import { readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import {
  ABORT_BACKUP_FILE,
  BACKUP_SUFFIX,
  CONFIG_FOLDER,
  LOG_FOLDER,
  NEXT_OFFSETS_FILE,
  ROOT_NAMES,
  SCHEDULE_TOPIC,
  UNREADABLE_SUFFIX,
} from "../layout/mod.ts";

export interface SmallFile {
  /** Below the root. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What stands beside the log. */
export interface Beside {
  readonly files: readonly SmallFile[];
  /** Names below the root that are neither carried nor rebuilt from the log. */
  readonly leftOut: readonly string[];
}

/** A configuration file, or what a writer could not read of one and kept. */
const CONFIG_NAME = new RegExp(
  `^[A-Za-z0-9._-]{1,100}\\.json(?:(?:\\${BACKUP_SUFFIX})?\\${UNREADABLE_SUFFIX}[0-9]{1,9})?$`,
);
/** What is in the backup already, or is rebuilt from the log. */
const KNOWN_NAMES = [...ROOT_NAMES, ABORT_BACKUP_FILE, LOG_FOLDER];
const LEFT_OUT_MAX = 100;

/**
 * Collects what a backup carries beside the log. Progress ahead of the copied log is set back to
 * its end, or what comes there would never be read.
 *
 * @param flushedTo Position after the last record that is copied.
 * @param logDirectories Where the log is, if not in `commitlog`; relative to the root.
 */
export function collectBeside(
  directory: StoreDirectory,
  queues: QueueTable,
  flushedTo: number,
  logDirectories: readonly string[] = [],
): Beside {
  const endOf = (topic: string, queueId: number) =>
    queues.get(topic, queueId)?.lowerBoundByPosition(flushedTo);
  const { files, leftOut } = readConfig(directory, endOf);
  const offsets: NextOffset[] = [];
  for (const queue of queues.all()) {
    const { topic, queueId, kind, earliest } = queue;
    const next = queue.lowerBoundByPosition(flushedTo);
    if (next > 0 && earliest >= next) offsets.push({ topic, queueId, next, kind });
  }
  if (offsets.length > 0) {
    files.push({ path: NEXT_OFFSETS_FILE, bytes: encodeNextOffsets(offsets) });
  }
  const { path } = directory;
  const homes = logDirectories.map((home) => relative(path, resolve(path, home)).split("/")[0]);
  for (const { name } of directory.list(".") ?? []) {
    if (!KNOWN_NAMES.includes(name) && !homes.includes(name)) leftOut.push(name);
  }
  return { files, leftOut: leftOut.sort().slice(0, LEFT_OUT_MAX) };
}

/** Whether a backup may have a file for a path. */
export function isCarriedPath(path: unknown): path is string {
  if (path === NEXT_OFFSETS_FILE) return true;
  if (typeof path !== "string") return false;
  const [folder, name, ...rest] = path.split("/");
  return folder === CONFIG_FOLDER && rest.length === 0 && name !== undefined &&
    CONFIG_NAME.test(name);
}

/**
 * For an unreadable file the one before it is taken, as in an opening; else it is carried as it is.
 */
function readConfig(
  directory: StoreDirectory,
  endOf: (topic: string, queueId: number) => number | undefined,
): { files: SmallFile[]; leftOut: string[] } {
  const files: SmallFile[] = [];
  const leftOut: string[] = [];
  const listed = (directory.list(CONFIG_FOLDER) ?? []).map(({ name }) => name);
  const names = new Set(
    listed.map((name) =>
      name.endsWith(`.json${BACKUP_SUFFIX}`) ? name.slice(0, -BACKUP_SUFFIX.length) : name
    ),
  );
  for (const name of [...names].sort()) {
    const path = `${CONFIG_FOLDER}/${name}`;
    if (!CONFIG_NAME.test(name)) {
      leftOut.push(path);
      continue;
    }
    const bytes = readAllowed(directory, path);
    const own = settled(bytes, endOf);
    const before = own ?? settled(readAllowed(directory, `${path}${BACKUP_SUFFIX}`), endOf);
    const carried = before ?? bytes;
    if (carried === undefined) leftOut.push(path);
    else files.push({ path, bytes: carried });
    if (own !== undefined || before === undefined || !listed.includes(name)) continue;
    // What the file says is unknown, and must stay unknown where the backup is restored.
    files.push({ path: keptName(directory, path), bytes: bytes ?? new Uint8Array(0) });
    if (bytes === undefined) leftOut.push(path);
  }
  for (const [path, { isMissing }] of new BrokerFiles(directory).offsets()) {
    if (!isMissing) continue;
    // What it said is unknown there, too.
    const bytes = new TextEncoder().encode(`${describeMissing(path)}\n`);
    files.push({ path: keptName(directory, path), bytes });
    leftOut.push(path);
  }
  return { files, leftOut };
}

/** `undefined` if the file does not exist, or we may not read it. */
function readAllowed(directory: StoreDirectory, path: string): Uint8Array | undefined {
  try {
    return readWholeFile(directory, path);
  } catch (error) {
    if (StoreError.is(error, "SYSTEM") && error.errno === "EACCES") return undefined;
    throw error;
  }
}

/** A file with its progress within the log; `undefined` if it cannot be read. */
function settled(
  bytes: Uint8Array | undefined,
  endOf: (topic: string, queueId: number) => number | undefined,
): Uint8Array | undefined {
  const root = bytes && decode(bytes);
  if (root === undefined) return undefined;
  return setBack(root, endOf) ? new TextEncoder().encode(printBrokerJson(root)) : bytes;
}

/** Sets progress back to the end of the log; tells whether any was ahead. */
function setBack(
  root: BrokerObject,
  endOf: (topic: string, queueId: number) => number | undefined,
): boolean {
  let isChanged = false;
  const lower = (parent: BrokerObject, key: string | number, topic: string, queueId: number) => {
    const value = parent.get(key);
    const end = typeof value === "number" ? endOf(topic, queueId) : undefined;
    if (end === undefined || (value as number) <= end) return;
    parent.set(key, end);
    isChanged = true;
  };
  for (const [member, table] of root) {
    if (!/offsetTable$/i.test(String(member)) || !(table instanceof Map)) continue;
    for (const [key, value] of table) {
      const [topic] = String(key).split("@");
      if (value instanceof Map) {
        for (const queueId of value.keys()) lower(value, queueId, topic, Number(queueId));
      } else if (String(key).includes("@")) lower(table, key, topic, 0);
      // Of delayed messages the key is the level, from 1.
      else lower(table, key, SCHEDULE_TOPIC, Number(key) - 1);
    }
  }
  return isChanged;
}

/** A file whose tables are what they should be, whatever they are called. */
function decode(bytes: Uint8Array): BrokerObject | undefined {
  const root = decodeConfig(bytes);
  const isSound = root !== undefined &&
    [...root].every(([name, table]) => !/Table$/.test(String(name)) || table instanceof Map);
  return isSound ? root : undefined;
}

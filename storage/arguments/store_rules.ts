/**
 * The rules of stores: options of `openStore()`, and arguments of methods.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  checkMessageInput,
  isFolderName,
  isTopicName,
  KEYS_NAME,
  propertyFault,
  TAGS_NAME,
} from "../layout/mod.ts";
import {
  type ClaimRequest,
  type GroupClaim,
  PORT,
  type ReachedOptions,
  type StorePort,
} from "../port.ts";
import type { OpenStoreOptions, Retention, Tuning } from "../options.ts";
import type {
  AppendAllOptions,
  AppendOptions,
  BorrowOptions,
  Durability,
  FindOptions,
  FollowOptions,
  From,
  Geometry,
  GroupPlace,
  Message,
  Queue,
  ReadOptions,
  Store,
  Time,
  WaitOptions,
  WorkOptions,
} from "../types.ts";
import { type Door, door } from "./check.ts";
import {
  type Bag,
  bag,
  boolean,
  callback,
  either,
  iterable,
  list,
  moment,
  oneOf,
  preset,
  required,
  type Rule,
  signal,
  text,
  thing,
  wholeNumber,
} from "./rules.ts";

const MIB = 1024 * 1024;
const JOB_NAME = /^[A-Za-z0-9_-]{1,100}$/;
const GROUP_NAME = /^[%|a-zA-Z0-9_-]{1,255}$/;

/** Name of a topic to write to. */
export const TOPIC: Rule<string> = text(
  "1 to 127 of the characters A-Z a-z 0-9 % | - _",
  isTopicName,
);

/** Name of a topic to read: an existing one may break the rules for new ones. */
export const TOPIC_ON_DISK: Rule<string> = text(
  "the name of a topic, which names a folder",
  isFolderName,
);

/**
 * Name of a topic that a group reads: in the file of the groups' progress an at sign follows it.
 */
const TOPIC_OF_GROUP: Rule<string> = text(
  "the name of a topic, without an at sign",
  (name) => isFolderName(name) && !name.includes("@"),
);

/** Name of a group. */
export const GROUP: Rule<string> = text(
  "1 to 255 of the characters A-Z a-z 0-9 % | - _",
  (name) => GROUP_NAME.test(name),
);

/** Name of a job. */
export const JOB: Rule<string> = text(
  "1 to 100 of the characters A-Z a-z 0-9 _ -",
  (name) => JOB_NAME.test(name),
);

/** Number of a queue. */
export const QUEUE_ID: Rule<number> = wholeNumber({ most: 0x7fffffff });

/** How far a message has got, or what may be seen. */
export const DURABILITY: Rule<Durability> = oneOf(["committed", "flushed"]);

/** A tag that a message can carry. */
export const TAG: Rule<string> = text(
  "a tag, not empty and without the characters 1 and 2",
  (tag) => propertyFault(TAGS_NAME, tag) === undefined,
);

/** A tag, or several. */
export const TAGS: Rule<string | readonly string[]> = either(TAG, list(TAG));

/** One key. */
export const KEY: Rule<string> = text(
  "a key, not empty and without space and the characters 1 and 2",
  (key) => propertyFault(KEYS_NAME, key) === undefined && !key.includes(" "),
);

/**
 * A key to find messages by: one of a message's keys, or its whole unique key, which may hold
 * anything.
 */
export const KEY_SOUGHT: Rule<string> = text("a key, not empty", (key) => key !== "");

/** Keys in one text, or a list of them. */
export const KEYS: Rule<string | readonly string[]> = either(
  text(
    "keys, not empty and without the characters 1 and 2",
    (keys) => propertyFault(KEYS_NAME, keys) === undefined,
  ),
  list(KEY),
);

/** Properties that a message can carry. */
export const PROPERTIES: Rule<NonNullable<Message["properties"]>> = thing(
  "an object of texts or a Map, of names that are not reserved",
  (properties) => {
    try {
      checkMessageInput({ topic: "T", body: "", properties: properties as Message["properties"] });
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  },
);

/** A moment. */
export const TIME: Rule<Time> = moment();

/** Where to start. */
export const READ_FROM: Rule<From> = either(oneOf(["earliest", "latest"]), wholeNumber());

/** An open store, or a stand-in for one. */
export const STORE: Rule<Store> = thing("an open store", isStore);

/** A path of the file system. */
export const PATH: Rule<string> = text(
  "a path, not empty, without the character 0, and no URL as a text",
  isPath,
);

const FILE_URL: Rule<URL> = thing(
  "a file: URL",
  (value) => value instanceof URL && value.protocol === "file:" && hasPath(value),
);

const LOG_DIRECTORIES: Rule<readonly string[]> = thing(
  "a list of paths, at least one",
  (value) => Array.isArray(value) && value.length > 0 && value.every(isPath),
);

const MESSAGE: Rule<Message> = thing(
  "a message",
  (value) => typeof value === "object" && value !== null,
);

const GEOMETRY: Bag<Partial<Geometry>> = bag<Partial<Geometry>>({
  segmentByteLength: wholeNumber({ least: 4096, most: 4096 * MIB, multipleOf: 4096 }),
  queueEntryCount: wholeNumber({ least: 1, most: 100_000_000 }),
  indexSlotCount: wholeNumber({ least: 1, most: 100_000_000 }),
  indexEntryCount: wholeNumber({ least: 2, most: 100_000_000 }),
  maxBodyByteLength: wholeNumber({ least: 1, most: 4 * MIB }),
});

/** RocketMQ's knobs. */
export const TUNING: Bag<Tuning> = bag<Tuning>({
  stagingByteLength: wholeNumber({ least: 4096, most: 64 * MIB, fallback: MIB }),
  commitLeastPages: wholeNumber({ most: 16_384, fallback: 64 }),
  flushLeastPages: wholeNumber({ most: 16_384, fallback: 4 }),
  commitIntervalMs: wholeNumber({ least: 1, most: 60_000, fallback: 1 }),
  flushIntervalMs: wholeNumber({ least: 1, most: 60_000, fallback: 500 }),
  commitThoroughIntervalMs: wholeNumber({ least: 1, most: 600_000, fallback: 1 }),
  flushThoroughIntervalMs: wholeNumber({ least: 1, most: 600_000, fallback: 10_000 }),
  groupIntervalMs: wholeNumber({ least: 1, most: 600_000, fallback: 1000 }),
  inlineSync: boolean(true),
  zeroFill: boolean(true),
  warmUp: boolean(false),
  lockMemory: boolean(false),
});

/** Options of {@linkcode openStore}. */
export const OPEN_STORE: Bag<OpenStoreOptions> = bag<OpenStoreOptions>({
  readOnly: boolean(false),
  create: boolean(true),
  durability: preset(DURABILITY, "flushed"),
  writePath: oneOf(["staged", "mapped"], "staged"),
  geometry: either(oneOf(["embedded", "rocketmq"]), GEOMETRY),
  tuning: TUNING,
  retention: bag<Retention>({
    maxAgeMs: wholeNumber({ least: 1 }),
    maxByteLength: wholeNumber({ least: 1 }),
    pastGroups: boolean(false),
  }),
  guard: oneOf(["lease", "sigbus", "none"], "lease"),
  trustDirectory: boolean(false),
  logDirectories: LOG_DIRECTORIES,
  signal: signal(),
  onProgress: callback(),
});

/** Arguments of {@linkcode openStore}. */
export const OPEN_STORE_DOOR: Door<[path: string | URL, options?: OpenStoreOptions]> = door(
  "open store",
  "path options",
  [required(either(PATH, FILE_URL)), OPEN_STORE],
);

const append = { durability: DURABILITY, signal: signal() };
const APPEND: Bag<AppendOptions> = bag<AppendOptions>(append);
const APPEND_ALL: Bag<AppendAllOptions> = bag<AppendAllOptions>({
  ...append,
  atomic: boolean(false),
});

const find = {
  since: TIME,
  until: TIME,
  limit: wholeNumber(),
  tags: TAGS,
  visibility: preset(DURABILITY, "committed"),
  signal: signal(),
};
const read = { from: READ_FROM, ...find };
const { tags: _tags, until: _until, ...borrow } = read;

/** How two times and a start go together. */
export const TIMES: Pick<Bag<ReadOptions>, "order" | "not"> = {
  order: ["since", "until"],
  not: ["from", "since"],
};

/** Options of a search by key. */
export const FIND: Bag<FindOptions> = bag<FindOptions>(find, { order: TIMES.order });

/** Options of what waits. */
export const WAIT: Bag<WaitOptions> = bag<WaitOptions>({ signal: signal() });

/** The methods of a type that take arguments. */
export type Doors<T> = {
  readonly [
    K in keyof T as T[K] extends (...args: infer A) => unknown ? A extends readonly [] ? never : K
      : never
  ]: T[K] extends (...args: infer A) => unknown ? Door<A> : never;
};

/** Arguments of the methods of {@linkcode Store}. */
export const STORE_DOORS: Doors<Store> = {
  append: door("append to store", "message options", [required(MESSAGE), APPEND]),
  appendAll: door("append to store", "messages options", [
    required(iterable<Message>("messages")),
    APPEND_ALL,
  ]),
  flush: door("flush store", "options", [WAIT]),
  close: door("close store", "options", [WAIT]),
  queue: door("read queue", "topic queueId", [required(TOPIC_ON_DISK), QUEUE_ID]),
  find: door("find messages", "topic key options", [
    required(TOPIC_ON_DISK),
    required(KEY_SOUGHT),
    FIND,
  ]),
  get: door("get message", "position options", [required(wholeNumber()), WAIT]),
  moveGroup: door("move group", "group to", [
    required(GROUP),
    required(bag<GroupPlace>({
      topic: required(TOPIC_OF_GROUP),
      queueId: required(QUEUE_ID),
      offset: required(wholeNumber()),
    })),
  ]),
  backup: door("back up store", "path options", [
    required(either(PATH, FILE_URL)),
    bag<WorkOptions>({ signal: signal(), onProgress: callback() }),
  ]),
};

/** Arguments of the methods of {@linkcode StorePort}. */
export const PORT_DOORS: Doors<StorePort> = {
  accept: door("append to store", "message", [required(MESSAGE)]),
  reached: door("wait for store", "position options", [
    required(wholeNumber()),
    bag<ReachedOptions>({ durability: preset(DURABILITY, "flushed"), signal: signal() }),
  ]),
  changed: door("wait for store", "options", [WAIT]),
  claimGroup: door("read as a group", "claim", [
    required(bag<ClaimRequest>({
      group: required(GROUP),
      topic: required(TOPIC_OF_GROUP),
      queueId: required(QUEUE_ID),
    })),
  ]),
};

/** Arguments of the methods of {@linkcode Queue}. */
export const QUEUE_DOORS: Doors<Queue> = {
  read: door("read queue", "options", [
    bag<FollowOptions>({ ...read, follow: boolean(false) }, TIMES),
  ]),
  readBatch: door("read queue", "options", [bag<ReadOptions>(read, TIMES)]),
  readBatchSync: door("read queue", "options", [bag<ReadOptions>(read, TIMES)]),
  borrowSync: door("read queue", "options callback", [
    required(bag<BorrowOptions>(borrow, { not: TIMES.not })),
    required(callback()),
  ]),
  offsetAt: door("search queue by time", "time options", [required(TIME), WAIT]),
};

/** Arguments of the methods of {@linkcode GroupClaim}. */
export const CLAIM_DOORS: Doors<GroupClaim> = {
  done: door("say how far a group is", "nextOffset", [required(wholeNumber())]),
};

/** Whether a value is an open store, or a stand-in for one. */
export function isStore(value: unknown): value is Store {
  if (typeof value !== "object" || value === null) return false;
  const { append, queue, topics } = value as Partial<Store>;
  return [append, queue, topics].every((method) => typeof method === "function") && PORT in value;
}

function isPath(path: unknown): boolean {
  // As a path it would be a folder `file:` in the current one.
  return typeof path === "string" && path !== "" && !path.includes("\0") &&
    !/^file:\/\//i.test(path);
}

function hasPath(url: URL): boolean {
  try {
    return isPath(fileURLToPath(url));
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

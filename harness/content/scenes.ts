/**
 * Small stores with a few kilobytes of everything, as they stand on a disk when somebody opens
 * them.
 *
 * @module
 */
import {
  innerPortOf,
  type Message,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
} from "../../storage/mod.ts";
import { decodeSnapshot, encodeSnapshot } from "../../storage/derived/mod.ts";
import { TABLES_FILE } from "../../storage/layout/mod.ts";
import { type DiskContent, MemoryDisk } from "./memory_disk.ts";
import { memoryEnvironment } from "./memory_environment.ts";
import { MEMORY_ROOT } from "./memory_libc.ts";

/**
 * How the last writer ended:
 *
 * - `closed`: in order; all of the log is below the mark.
 * - `older`: the same, by a release whose snapshot does not tell of the last record.
 * - `killed`: it died, and the page cache lived; half of the log is above the mark.
 * - `power-cut`: the same directory after another boot.
 */
export type SceneName = "closed" | "older" | "killed" | "power-cut";

/** All scenes. */
export const SCENE_NAMES: readonly SceneName[] = ["closed", "older", "killed", "power-cut"];

/** A store on a disk. */
export interface Scene {
  /** How the last writer ended. */
  readonly name: SceneName;
  /** The files. */
  readonly content: DiskContent;
  /** Position below which all is known to be flushed. */
  readonly mark: number;
  /** Position from which messages may be gone, by `docs/durability.md`; `Infinity` if none may. */
  readonly tailFrom: number;
  /** Boot that the store is opened in. */
  readonly bootId: string;
}

/** Hash slots of an index file. */
export const SCENE_INDEX_SLOTS = 8;

/** File lengths: two segments, and more than one file of a queue. */
export const SCENE_OPTIONS: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 4096,
    queueEntryCount: 4,
    indexSlotCount: SCENE_INDEX_SLOTS,
    indexEntryCount: 32,
    maxBodyByteLength: 2048,
  },
};

/** Topic and queue to which every check appends. */
export const APPEND_PLACE: { readonly topic: string; readonly queueId: number } = {
  topic: "Orders",
  queueId: 0,
};
/** All queues of a scene. */
export const SCENE_QUEUES: readonly (readonly [topic: string, queueId: number])[] = [
  ["Orders", 0],
  ["Bills", 0],
  ["Group", 0],
  ["Early", 0],
];
/** All tags of a scene. */
export const SCENE_TAGS: readonly string[] = ["red", "blue"];
/** All keys of a scene. */
export const SCENE_KEYS: readonly (readonly [topic: string, key: string])[] = [
  ["Orders", "all"],
  ["Bills", "k6"],
];

const PLAIN_COUNT = 10;
const GROUP_COUNT = 2;
const BOOT_ID = "0123456789abcdef0123456789abcdef";
const NEXT_BOOT_ID = "fedcba9876543210fedcba9876543210";

/**
 * Builds a scene by the store itself.
 *
 * @param name Which.
 * @returns The scene.
 */
export async function buildScene(name: SceneName): Promise<Scene> {
  const disk = new MemoryDisk();
  const first = await open(disk);
  await appendSome(first, 0);
  await first.close();
  const second = await open(disk);
  const lastGroup = await appendSome(second, 1);
  await second.flush();
  // What this life wrote is above the mark. While the page cache lives, only what stands at the
  // very end can be unfinished.
  const { markPosition: mark } = second.info;
  const tailFrom =
    { closed: Infinity, older: Infinity, killed: lastGroup, "power-cut": mark }[name];
  if (name === "closed" || name === "older") {
    await second.close();
    await readAsGroup(disk);
  }
  if (name === "older") forgetLast(disk);
  return { name, content: disk.content(), mark, tailFrom, bootId: bootOf(name) };
}

function bootOf(name: SceneName): string {
  return name === "power-cut" ? NEXT_BOOT_ID : BOOT_ID;
}

async function open(disk: MemoryDisk): Promise<Store> {
  return await openStoreIn(memoryEnvironment(disk), MEMORY_ROOT, SCENE_OPTIONS);
}

/** Leaves the snapshot of a release that did not tell of the last record. */
function forgetLast(disk: MemoryDisk): void {
  const { last: _, ...older } = decodeSnapshot(disk.file(TABLES_FILE)!.bytes)!;
  disk.make(TABLES_FILE, encodeSnapshot(older));
}

/** Leaves a group's file that no writer has taken over, written three times. */
async function readAsGroup(disk: MemoryDisk): Promise<void> {
  const options = { ...SCENE_OPTIONS, readOnly: true };
  await using store = await openStoreIn(memoryEnvironment(disk), MEMORY_ROOT, options);
  for (const offset of [1, 2, 3]) {
    await store.moveGroup("lookers", { topic: "Bills", queueId: 0, offset });
  }
}

/** Gives the position of the group at the end. */
async function appendSome(store: Store, part: 0 | 1): Promise<number> {
  // A queue that ends in the first segment: no walk from the last one sees its end.
  if (part === 0) {
    for (const body of ["early", "late"]) await store.append({ topic: "Early", body, tags: "red" });
  }
  for (let index = 0; index < PLAIN_COUNT / 2; index++) {
    await store.append(plainMessage(part * PLAIN_COUNT / 2 + index));
  }
  const group = Array.from(
    { length: GROUP_COUNT },
    (_, index) => ({ topic: "Group", body: `member ${part} ${index}` }),
  );
  const [{ position }] = await store.appendAll(group, { atomic: true });
  const lease = innerPortOf(store).claim({ group: "readers", topic: "Orders", queueId: 0 });
  lease.done(2 + part);
  lease.release();
  return position;
}

function plainMessage(id: number): Message {
  return {
    topic: id % 3 === 0 ? "Bills" : "Orders",
    queueId: 0,
    body: `message ${id} ${"abcd".repeat(50 + id * 11)}`,
    tags: SCENE_TAGS[id % 2],
    keys: id % 3 === 0 ? [`k${id}`] : [`k${id}`, "all"],
    properties: { id: String(id) },
    flag: id,
  };
}

/**
 * What a RocketMQ broker must be told to open a directory, by what the files in it say: lines for
 * its `broker.conf`.
 *
 * @module
 */
import type { StoreDirectory } from "../../storage/directory/mod.ts";
import {
  BATCH_QUEUE_FOLDER,
  BLANK_BYTE_LENGTH_MIN,
  HOST_V4,
  HOST_V6_BYTE_LENGTH,
  parseSegmentName,
  PROPERTIES_BYTE_LENGTH_MAX,
  QUEUE_EXTENSION_FOLDER,
  QUEUE_FOLDER,
  RECORD_BYTE_LENGTH_MIN,
  TIMER_LOG_FOLDER,
  TOPIC_WIDTH_V1,
  TOPIC_WIDTH_V2,
} from "../../storage/layout/mod.ts";
import type { Geometry, StoreInfo } from "../../storage/mod.ts";
import { brokerProperty, type ToldNumber } from "./broker_properties.ts";

/** A broker stores no topic whose name is longer. */
const TOPIC_BYTE_LENGTH_MAX = 255;
/** A record without its body: IPv6 hosts, a length of two bytes of the topic, the longest parts. */
const BESIDE_BODY_MAX = RECORD_BYTE_LENGTH_MIN + 2 * (HOST_V6_BYTE_LENGTH - HOST_V4.byteLength) +
  TOPIC_WIDTH_V2 - TOPIC_WIDTH_V1 + TOPIC_BYTE_LENGTH_MAX + PROPERTIES_BYTE_LENGTH_MAX;
/** In such steps file systems give room, and most brokers are told lengths. */
const PAGE_BYTE_LENGTH = 4096;
/** A broker passes over a lower `maxMessageSize`. */
const BODY_LIMIT_MIN = 10;

/** A property of a broker's `MessageStoreConfig`. */
export interface BrokerSetting {
  readonly name: string;
  /** `null` if nothing in the directory tells it; then `why` says what to do. */
  readonly value: number | string | boolean | null;
  readonly why?: string;
}

/** What is known of the directory beside its files. */
export interface BrokerSettingsFacts {
  readonly info: StoreInfo;
  /** Where segments lie, if not in `commitlog`. */
  readonly logPaths: readonly string[];
  /** Whether index files tell how they divide, or are not there. */
  readonly index: "told" | "assumed" | "none";
}

/** Gives the settings in the order in which they are told. */
export function brokerSettings(
  directory: StoreDirectory,
  { info, logPaths, index }: BrokerSettingsFacts,
): BrokerSetting[] {
  const { geometry, segmentCount, storeId } = info;
  // A store of ours says in streambed/meta what a broker's tells by its files alone.
  const isOwn = storeId !== undefined;
  const told = (isThere: boolean, number: ToldNumber, what: string): BrokerSetting => {
    const property = brokerProperty(number, geometry);
    if (isOwn || isThere) return property;
    return { ...property, value: null, why: `any: there are no ${what}` };
  };
  return [
    { name: "storePathRootDir", value: directory.path },
    ...(logPaths.length === 0 ? [] : [{ name: "storePathCommitLog", value: logPaths.join(",") }]),
    isOwn || !mayBeCut(info)
      ? told(segmentCount > 0, "segmentByteLength", "segments")
      : { ...brokerProperty("segmentByteLength", geometry), value: null, why: cutText(geometry) },
    told(
      lengthOfFirst(directory, QUEUE_FOLDER, 2) !== undefined,
      "queueEntryCount",
      "files of queues",
    ),
    ...otherLengths(directory),
    ...(["indexSlotCount", "indexEntryCount"] as const).map((number): BrokerSetting => {
      const why = "as in the configuration that made the index files: nothing in them tells";
      return index === "assumed"
        ? { ...brokerProperty(number, geometry), value: null, why }
        : told(index === "told", number, "index files");
    }),
    bodyLimit(geometry),
  ];
}

/** A broker may be told any length, but few are told an odd one, and a copy may break off. */
function mayBeCut({ segmentCount, geometry: { segmentByteLength } }: StoreInfo): boolean {
  return segmentCount === 1 && segmentByteLength % PAGE_BYTE_LENGTH !== 0;
}

function cutText({ segmentByteLength }: Geometry): string {
  return "as in the configuration that made the segment: the only one has " +
    `${segmentByteLength} bytes, which is no multiple of ${PAGE_BYTE_LENGTH}, and may be cut`;
}

/**
 * A broker limits bodies alone. Of a record that is longer than a segment it stores nothing, but
 * fills a segment with each attempt.
 */
function bodyLimit({ segmentByteLength, maxBodyByteLength }: Geometry): BrokerSetting {
  const name = "maxMessageSize";
  const room = segmentByteLength - BLANK_BYTE_LENGTH_MIN - BESIDE_BODY_MAX;
  if (room >= BODY_LIMIT_MIN) return { name, value: Math.min(maxBodyByteLength, room) };
  return { name, value: null, why: "none: properties alone may be longer than a segment" };
}

/** Files that only some brokers have: a broker does not load one of another length. */
function otherLengths(directory: StoreDirectory): BrokerSetting[] {
  const batch = lengthOfFirst(directory, BATCH_QUEUE_FOLDER, 2);
  const extension = lengthOfFirst(directory, QUEUE_EXTENSION_FOLDER, 2);
  const timer = lengthOfFirst(directory, TIMER_LOG_FOLDER, 0);
  return [
    ...(batch === undefined ? [] : [{ name: "mapperFileSizeBatchConsumeQueue", value: batch }]),
    ...(extension === undefined ? [] : [
      { name: "enableConsumeQueueExt", value: true },
      { name: "mappedFileSizeConsumeQueueExt", value: extension },
    ]),
    ...(timer === undefined ? [] : [{ name: "mappedFileSizeTimerLog", value: timer }]),
  ];
}

/** Length of the first file with content, so many folders below this one. */
function lengthOfFirst(
  directory: StoreDirectory,
  folder: string,
  depth: number,
): number | undefined {
  for (const { name, kind } of directory.list(folder) ?? []) {
    const path = `${folder}/${name}`;
    if (kind === "link" || (depth > 0) !== (kind === "directory")) continue;
    const found = depth > 0
      ? lengthOfFirst(directory, path, depth - 1)
      : parseSegmentName(name) === undefined
      ? undefined
      : directory.status(path)?.byteLength;
    if (found !== undefined && found > 0) return found;
  }
  return undefined;
}

/** A line of `broker.conf`, or what stands in its place where nothing tells the value. */
export function settingLine({ name, value, why }: BrokerSetting): string {
  return value === null ? `${name}  ${why}` : `${name}=${propertyText(String(value))}`;
}

/** A value as `java.util.Properties` reads it, from Latin-1. */
function propertyText(text: string): string {
  return text.replace(/^[ \t]|\\|[^\x20-\x7e]/g, (character) => {
    if (character === "\\" || character === " ") return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * The lengths of a store's files by the names that a broker's configuration has for them.
 *
 * @module
 */
import { QUEUE_ENTRY } from "../../storage/layout/mod.ts";
import type { Geometry } from "../../storage/mod.ts";

/** A number of a geometry that a broker has a property for. */
export type ToldNumber =
  | "segmentByteLength"
  | "queueEntryCount"
  | "indexSlotCount"
  | "indexEntryCount";

/** Names of a broker's `MessageStoreConfig`, and in how many of what they count one is. */
const PROPERTIES: Readonly<Record<ToldNumber, readonly [name: string, factor: number]>> = {
  segmentByteLength: ["mappedFileSizeCommitLog", 1],
  queueEntryCount: ["mappedFileSizeConsumeQueue", QUEUE_ENTRY.byteLength],
  indexSlotCount: ["maxHashSlotNum", 1],
  indexEntryCount: ["maxIndexNum", 1],
};

/** The property of a broker for a number of a geometry. */
export function brokerProperty(
  number: ToldNumber,
  geometry: Geometry,
): { readonly name: string; readonly value: number } {
  const [name, factor] = PROPERTIES[number];
  return { name, value: geometry[number] * factor };
}

/** Says with which lengths files are made that nothing in the directory told. */
export function assumedText(geometry: Geometry, assumed: readonly (keyof Geometry)[]): string {
  const settings = assumed.map((number) => {
    if (!Object.hasOwn(PROPERTIES, number)) return `${number}=${geometry[number]}`;
    const { name, value } = brokerProperty(number as ToldNumber, geometry);
    return `${name}=${value}`;
  });
  return "nothing told how long such files were; they are made with " +
    `${settings.join(", ")}, as a broker must be told (see doctor)`;
}

/**
 * The lengths of a store's files by the names that a broker's configuration has for them.
 *
 * @module
 */
import { QUEUE_ENTRY } from "../storage/layout/mod.ts";
import type { Geometry } from "../storage/mod.ts";

/** Says with which lengths files are made that nothing in the directory told. */
export function assumedText(geometry: Geometry, assumed: readonly (keyof Geometry)[]): string {
  const settings = assumed.map((name) => settingOf(name, geometry[name]));
  return "nothing told how long such files were; they are made with " +
    `${settings.join(", ")}, as a broker must be told (see doctor)`;
}

function settingOf(name: keyof Geometry, value: number): string {
  switch (name) {
    case "queueEntryCount":
      return `mappedFileSizeConsumeQueue=${value * QUEUE_ENTRY.byteLength}`;
    case "indexSlotCount":
      return `maxHashSlotNum=${value}`;
    case "indexEntryCount":
      return `maxIndexNum=${value}`;
    default:
      return `${name}=${value}`;
  }
}

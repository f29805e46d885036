/**
 * An index file in words: header, slots in use, entries.
 *
 * @module
 */
import {
  emptyIndexEntry,
  INDEX_HEADER,
  type IndexHeader,
  indexSlotOf,
} from "../../storage/layout/mod.ts";
import { type IndexGeometry, readIndexEntry } from "../../storage/derived/mod.ts";
import { divideIndexFile, IndexFileReader } from "../../storage/verify/mod.ts";
import { countText, timeText } from "../text.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DumpLine, DumpOptions } from "./dump_line.ts";

const MS_PER_SECOND = 1000;

/**
 * The header, a line about the slots, one line an entry; the division is found out if not given.
 */
export function* dumpIndex(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  if (source.byteLength < INDEX_HEADER.byteLength) {
    const text = `${source.byteLength} bytes are too short for the header of an index`;
    yield { text, data: { kind: "invalid", byteLength: source.byteLength } };
    return;
  }
  const reader = new IndexFileReader(source);
  yield headerLine(reader.header);
  const division = divideIndexFile(reader, options.division);
  if (division === undefined) {
    const text = "its bytes divide in no way that fits; say --index-slots and --index-entries";
    yield { text, data: { kind: "undivided", byteLength: source.byteLength } };
    return;
  }
  const { slotCount, entryCount } = division;
  if (!division.isTold && options.division === undefined) {
    yield untoldLine(source.byteLength);
    if (reader.header.nextEntry <= 1) return;
  }
  yield slotsLine(reader.slots(slotCount), entryCount);
  yield* entryLines(reader, division);
}

/** A file without entries tells nothing; those of a damaged one are divided as usual. */
function untoldLine(byteLength: number): DumpLine {
  const room = byteLength - INDEX_HEADER.byteLength;
  const text =
    `slots: unknown count; 4 bytes for each slot and 20 for each entry are ${room} together; ` +
    "say --index-slots and --index-entries";
  return { text, data: { kind: "untold", byteLength } };
}

function headerLine(header: IndexHeader): DumpLine {
  const { beginTimestamp, endTimestamp, beginPosition, endPosition } = header;
  const { usedSlotCount, nextEntry } = header;
  const words = [
    `positions ${beginPosition} to ${endPosition}`,
    `stored ${timeText(beginTimestamp)} to ${timeText(endTimestamp)}`,
    countText(nextEntry - 1, "entry", "entries"),
    `${countText(usedSlotCount, "slot")} in use`,
  ];
  return {
    text: `header: ${words.join(", ")}`,
    data: { kind: "header", ...header },
  };
}

function slotsLine(slots: Int32Array, entryCount: number): DumpLine {
  const slotCount = slots.length;
  const used = slots.filter((entry) => entry > 0).length;
  const text = `slots: ${slotCount}, of which ${used} hold an entry; room for ${
    entryCount - 1
  } entries`;
  return { text, data: { kind: "slots", slotCount, usedSlotCount: used, entryCount } };
}

function* entryLines(reader: IndexFileReader, division: IndexGeometry): Generator<DumpLine> {
  const entry = emptyIndexEntry();
  const { slotCount, entryCount } = division;
  const { beginTimestamp, nextEntry } = reader.header;
  for (let number = 1; number < Math.min(nextEntry, entryCount); number++) {
    readIndexEntry(reader, division, number, entry);
    const { keyHash, position, timeDiffSeconds, previousEntry } = entry;
    const slot = keyHash < 0 ? -1 : indexSlotOf(keyHash, slotCount);
    const time = beginTimestamp + timeDiffSeconds * MS_PER_SECOND;
    const chain = previousEntry > 0 ? `after entry ${previousEntry}` : "first of its slot";
    yield {
      text: `${number} hash ${keyHash} (slot ${slot}), position ${position}, ` +
        `stored about ${timeText(time)}, ${chain}`,
      data: { kind: "entry", number, keyHash, slot, position, timeDiffSeconds, previousEntry },
    };
  }
}

/**
 * A log segment in words: record by record, the blank, the end, and damage.
 *
 * @module
 */
import { BACKUP_HEAD_BYTE_LENGTH_MAX, decodeBackupHead } from "../../storage/backup/mod.ts";
import {
  MAGIC_V1,
  MAGIC_V2,
  readI64,
  RECORD_PREFIX,
  type RecordView,
  splitKeys,
  viewOf,
} from "../../storage/layout/mod.ts";
import {
  endOfBytes,
  type FilePlace,
  findNextRecord,
  type LogStop,
  LogWalker,
  SegmentReader,
  segmentsOfFile,
} from "../../storage/log/mod.ts";
import { bodyFields } from "../../storage/read/mod.ts";
import { countText, lengthText, nameText, printable, timeText } from "../text.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DumpLine, DumpOptions } from "./dump_line.ts";

const SHOWN_BODY_LENGTH = 200;

/** Dumps a log segment; without `base`, its first record tells its position. */
export function* dumpLog(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  const from = options.base ?? firstPosition(source);
  const segmentByteLength = source.byteLength;
  const place = { from, to: from + segmentByteLength, segmentByteLength, offset: 0 };
  yield* recordLines(source, place, options);
}

/** A line about the head, then one line a record. */
export function* dumpBackup(source: ByteSource, options: DumpOptions): Generator<DumpLine> {
  const bytes = source.bytes(0, BACKUP_HEAD_BYTE_LENGTH_MAX).slice();
  const head = decodeBackupHead(bytes, "the file");
  if (head === undefined) {
    yield { text: "its head is damaged", data: { kind: "invalid" } };
    return;
  }
  const { from, to, geometry, assumed, storeId, ranges, files, leftOut } = head.manifest;
  yield {
    text: `head of ${head.byteLength} bytes: positions ${from} to ${to}, ` +
      `store ${storeId ?? "of RocketMQ alone"}, segments of ${
        lengthText(geometry.segmentByteLength)
      }, ${countText(files.length, "small file")}`,
    data: {
      kind: "head",
      from,
      to,
      storeId: storeId ?? null,
      geometry: { ...geometry },
      assumed: [...assumed],
      ranges: ranges.map((range) => ({ ...range })),
      files: files.map((file) => ({ ...file })),
      leftOut: [...leftOut],
    },
  };
  const { segmentByteLength } = geometry;
  const place = { from, to, segmentByteLength, offset: head.byteLength };
  yield* recordLines(source, place, options);
}

function* recordLines(
  source: ByteSource,
  place: FilePlace,
  options: DumpOptions,
): Generator<DumpLine> {
  const { from, to } = place;
  const reader = new SegmentReader(segmentsOfFile(source, place), { to });
  const walker = new LogWalker(reader, () => false);
  let position = from;
  while (position < to) {
    const step = walker.step(position);
    if (step.kind === "message" || step.kind === "blank") {
      const { byteLength } = step;
      yield step.kind === "message"
        ? messageLine(step, options.deep === true)
        : blankLine(position, byteLength);
      position += byteLength;
    } else {
      const next = findNextRecord(walker, { from: position + 1 });
      yield faultLine(reader, position, step, next);
      position = next ?? to;
    }
  }
}

/** Where the first record says that it is. */
function firstPosition(source: ByteSource): number {
  const bytes = source.bytes(0, RECORD_PREFIX.byteLength);
  if (bytes.length < RECORD_PREFIX.byteLength) return 0;
  const magic = viewOf(bytes).getInt32(RECORD_PREFIX.offsets.magic);
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return 0;
  return Math.max(0, readI64(viewOf(bytes), RECORD_PREFIX.offsets.physicalOffset));
}

function messageLine(record: RecordView, deep: boolean): DumpLine {
  const { position, byteLength, queueId, queueOffset, storeTimestamp, sysFlag } = record;
  const topic = record.topic();
  const properties = record.properties();
  const keys = record.keys();
  const tags = record.tags();
  const words = [
    `${position} message of ${byteLength} bytes, ${
      nameText(topic)
    }/${queueId} offset ${queueOffset}`,
    `stored ${timeText(storeTimestamp)}`,
    ...(tags === undefined ? [] : [`tags ${nameText(tags)}`]),
    ...(keys === undefined ? [] : [`keys ${nameText(keys)}`]),
    ...(sysFlag === 0 ? [] : [`sysFlag 0x${sysFlag.toString(16)}`]),
    `body ${lengthText(record.bodyByteLength)}`,
    `record checksum ${record.recordCrc}`,
  ];
  const data = {
    kind: "message",
    topic,
    queueId,
    offset: queueOffset,
    position,
    byteLength,
    storeTimestamp,
    bornTimestamp: record.bornTimestamp,
    sysFlag,
    flag: record.flag,
    tags: tags ?? null,
    keys: keys === undefined ? [] : splitKeys(keys),
    properties: Object.fromEntries(properties),
    bornHost: record.bornHost(),
    storeHost: record.storeHost(),
    reconsumeTimes: record.reconsumeTimes,
    preparedTransactionOffset: record.preparedTransactionOffset,
    version: record.magic === MAGIC_V1 ? 1 : 2,
    bodyByteLength: record.bodyByteLength,
    bodyCrc: record.bodyCrc,
    recordCrc: record.recordCrc,
    ...(deep ? bodyFields(record.body()) : {}),
  };
  const text = words.join(", ");
  return { text: deep ? [text, ...deepLines(record, properties)].join("\n") : text, data };
}

function deepLines(record: RecordView, properties: ReadonlyMap<string, string>): string[] {
  const lines = [`  born ${timeText(record.bornTimestamp)} at ${record.bornHost()}`];
  for (const [name, value] of properties) lines.push(`  ${nameText(name)} = ${printable(value)}`);
  const { body, bodyBase64 } = bodyFields(record.body());
  const shown = body ?? bodyBase64 ?? "";
  const cut = shown.length > SHOWN_BODY_LENGTH ? `${shown.slice(0, SHOWN_BODY_LENGTH)}...` : shown;
  lines.push(`  ${body === undefined ? "body in base64" : "body"}: ${printable(cut)}`);
  return lines;
}

function blankLine(position: number, byteLength: number): DumpLine {
  return {
    text: `${position} blank of ${byteLength} bytes to the end of the segment`,
    data: { kind: "blank", position, byteLength },
  };
}

function faultLine(
  reader: SegmentReader,
  position: number,
  found: LogStop,
  next: number | undefined,
): DumpLine {
  const onwards = next === undefined ? "nothing whole follows" : `goes on at ${next}`;
  if (found.kind === "end") {
    const end = endOfBytes(reader, position);
    const left = (reader.segments.at(-1)?.end ?? position) - position;
    const text = end === position
      ? `${position} end: nothing is written in the last ${left} bytes`
      : `${position} end: zeros, and then something up to ${end}; ${onwards}`;
    const data = { kind: "end", position, leftoverByteLength: end - position, next: next ?? null };
    return { text, data };
  }
  const reason = found.kind === "corrupt" ? found.reason : "blank";
  const claimed = found.kind === "corrupt" ? found.byteLength : undefined;
  const claim = claimed === undefined ? "" : `, claims ${claimed} bytes`;
  return {
    text: `${position} damaged (${reason})${claim}; ${onwards}`,
    data: {
      kind: "damage",
      position,
      reason,
      claimedByteLength: claimed ?? null,
      next: next ?? null,
    },
  };
}

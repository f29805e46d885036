/**
 * Tests that the tables of layouts, in module comments and in `docs/format/`, say what the code
 * does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { BACKUP_HEADER } from "../../storage/backup/mod.ts";
import {
  BATCH_ELEMENT,
  BATCH_QUEUE_ENTRY,
  BLANK_RECORD,
  CLAIM_HEAD,
  CLAIM_NOTE,
  CLAIM_SLOT,
  fieldByteLength,
  type FieldType,
  HOST_V4,
  INDEX_ENTRY,
  INDEX_HEADER,
  type Layout,
  META_RANGE,
  META_SLOT,
  META_TRACE,
  POSITIONS_RECORD,
  QUEUE_ENTRY,
  QUEUE_EXTENSION,
  RECORD_CRC,
  RECORD_PREFIX,
  recordPrefix,
  STORE_CHECKPOINT,
  TIMER_CHECKPOINT,
} from "../../storage/layout/mod.ts";

const SOURCES = new URL("../../storage/layout/", import.meta.url);
const PAGES = new URL("../../docs/format/", import.meta.url);

const OF_SOURCES: Readonly<Record<string, readonly Layout<string>[]>> = {
  "batch_queue_entry.ts": [BATCH_QUEUE_ENTRY],
  "blank_record.ts": [BLANK_RECORD],
  "claim_file.ts": [CLAIM_HEAD, CLAIM_SLOT, CLAIM_NOTE],
  "host_address.ts": [HOST_V4],
  "index_entry.ts": [INDEX_ENTRY],
  "index_header.ts": [INDEX_HEADER],
  "inner_batch.ts": [BATCH_ELEMENT],
  "message_record.ts": [RECORD_PREFIX],
  "queue_entry.ts": [QUEUE_ENTRY],
  "queue_extension.ts": [QUEUE_EXTENSION],
  "record_crc.ts": [RECORD_CRC],
  "store_checkpoint_record.ts": [STORE_CHECKPOINT],
  "streambed_meta.ts": [META_SLOT, META_RANGE, META_TRACE],
  "streambed_positions.ts": [POSITIONS_RECORD],
  "timer_checkpoint_record.ts": [TIMER_CHECKPOINT],
};

const OF_PAGES: Readonly<Record<string, readonly Layout<string>[]>> = {
  "backup.md": [BACKUP_HEADER],
  "checkpoints.md": [],
  "commit_log.md": [RECORD_PREFIX, HOST_V4, RECORD_CRC, BLANK_RECORD, BATCH_ELEMENT],
  "consume_queue.md": [QUEUE_ENTRY, QUEUE_EXTENSION, BATCH_QUEUE_ENTRY],
  "delayed_messages.md": [TIMER_CHECKPOINT],
  "directory.md": [],
  "index_file.md": [INDEX_HEADER, INDEX_ENTRY],
  "sent_back.md": [],
  "store_checkpoint.md": [STORE_CHECKPOINT],
  "streambed.md": [
    META_SLOT,
    META_RANGE,
    META_TRACE,
    POSITIONS_RECORD,
    CLAIM_HEAD,
    CLAIM_SLOT,
    CLAIM_NOTE,
  ],
};

const HEADER = /\|\s*offset\s*\|\s*bytes\s*\|\s*type\s*\|\s*field\s*\|\s*meaning\s*\|/;
const ROW = /\|\s*([0-9]+)\s*\|\s*([0-9]+)\s*\|\s*([a-z][a-z0-9]*)\s*\|\s*([A-Za-z]\w*)\s*\|/;

interface Row {
  readonly field: string;
  readonly offset: number;
  readonly byteLength: number;
  readonly type: string;
}

/** The rows of each table of a text. */
function parseTables(text: string): Row[][] {
  const tables: Row[][] = [];
  for (const line of text.split("\n")) {
    if (HEADER.test(line)) tables.push([]);
    const row = ROW.exec(line);
    if (row === null) continue;
    assert.ok(tables.length > 0, `a row stands below a header: ${line}`);
    const [, offset, byteLength, type, field] = row;
    tables.at(-1)!.push({ field, offset: Number(offset), byteLength: Number(byteLength), type });
  }
  return tables;
}

function rowsOf(layout: Layout<string>): Row[] {
  return Object.entries(layout.types).map(([field, type]) => ({
    field,
    offset: layout.offsets[field],
    byteLength: fieldByteLength(type as FieldType),
    type,
  }));
}

function compare(text: string, layouts: readonly Layout<string>[]): void {
  assert.deepEqual(parseTables(text), layouts.map(rowsOf));
}

for (const [name, layouts] of Object.entries(OF_SOURCES)) {
  test(`The table of storage/layout/${name} equals the layout`, () => {
    compare(readFileSync(new URL(name, SOURCES), "utf8"), layouts);
  });
}

for (const [name, layouts] of Object.entries(OF_PAGES)) {
  test(`The tables of docs/format/${name} equal the layouts`, () => {
    compare(readFileSync(new URL(name, PAGES), "utf8"), layouts);
  });
}

test("Every source that defines a layout, and every page, is compared", () => {
  const sources = readdirSync(SOURCES).filter((name) =>
    name.endsWith(".ts") && name !== "define_layout.ts" &&
    /defineLayout\(|\| offset \|/.test(readFileSync(new URL(name, SOURCES), "utf8"))
  );
  assert.deepEqual(sources.sort(), Object.keys(OF_SOURCES));
  assert.deepEqual(readdirSync(PAGES).sort(), Object.keys(OF_PAGES));
});

test("A table with any number, type or name changed, or a row missing, is noticed", () => {
  const text = readFileSync(new URL("queue_entry.ts", SOURCES), "utf8");
  const changes: [string, string][] = [
    ["|      8 |     4 | i32  |", "|      9 |     4 | i32  |"],
    ["|      8 |     4 | i32  |", "|      8 |     8 | i32  |"],
    ["|      8 |     4 | i32  |", "|      8 |     4 | i16  |"],
    ["| size ", "| length "],
    ["|      8 |     4 | i32  | size", "|        |       |      | "],
  ];
  for (const [before, after] of changes) {
    const changed = text.replace(before, after);
    assert.notEqual(changed, text);
    assert.throws(() => compare(changed, [QUEUE_ENTRY]), assert.AssertionError);
  }
});

test("recordPrefix() grows by 12 bytes for each IPv6 host, behind that host", () => {
  const shifts = [0, 0x10, 0x20, 0x30].map((sysFlag) => {
    const { offsets, byteLength } = recordPrefix(sysFlag);
    return [offsets.bornHost, offsets.storeTimestamp, offsets.reconsumeTimes, byteLength];
  });
  assert.deepEqual(shifts, [
    [48, 56, 72, 88],
    [48, 68, 84, 100],
    [48, 56, 84, 100],
    [48, 68, 96, 112],
  ]);
});

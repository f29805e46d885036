/**
 * Tests that the worked examples of `docs/format/` are what they say: bytes of real files that
 * decode to the values beside them.
 *
 * An example is a fenced block, `hex STORE FILE @BYTE` for bytes of a golden store, `hex example
 * NAME` for bytes that Streambed itself makes. Each line has the bytes, two spaces, a name and the
 * value; the rest of a long run of bytes stands in lines of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  BLANK_RECORD,
  checkRecord,
  CLAIM_AT,
  CLAIM_BYTE_LENGTH,
  CLAIM_HEAD,
  CLAIM_NOTE,
  CLAIM_SLOT,
  claimedOffset,
  decodeClaim,
  decodeMetaSlot,
  decodePositions,
  decodeUtf8,
  formatHostAddress,
  INDEX_ENTRY,
  INDEX_HEADER,
  indexKeyHash,
  javaHash,
  joinI64,
  type Layout,
  META_RANGE,
  META_SLOT,
  META_SLOT_BYTE_LENGTH,
  POSITIONS_BYTE_LENGTH,
  POSITIONS_RECORD,
  QUEUE_ENTRY,
  RECORD_PREFIX,
  RecordView,
  STORE_CHECKPOINT,
} from "../../storage/layout/mod.ts";
import { openGolden, readManifest } from "../support/golden.ts";

const PAGES = new URL("../../docs/format/", import.meta.url);
const BLOCK = /^```hex (.+)\n([^`]*)^```$/gm;
const LINE = /^((?:[0-9a-f]{2})+)(?: +(\S+) (.+))?$/;

interface Part {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly value: string;
}

interface Example {
  readonly title: string;
  readonly parts: readonly Part[];
  readonly bytes: Uint8Array;
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function parseExample(title: string, text: string): Example {
  const parts: Part[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const found = LINE.exec(line);
    assert.ok(found, `${title}: ${line}`);
    const [, digits, name, value] = found;
    if (name !== undefined) {
      parts.push({ bytes: fromHex(digits), name, value });
      continue;
    }
    const last = parts.pop();
    assert.ok(last, `${title}: ${line} goes on from a line before`);
    parts.push({ ...last, bytes: joinBytes([last.bytes, fromHex(digits)]) });
  }
  return { title, parts, bytes: joinBytes(parts.map((part) => part.bytes)) };
}

function parseExamples(page: string): Example[] {
  const text = readFileSync(new URL(page, PAGES), "utf8");
  return [...text.matchAll(BLOCK)].map(([, title, lines]) => parseExample(title, lines));
}

function integerOf(bytes: Uint8Array): number {
  const high = bytes[0] > 0x7f ? -1 : 0;
  return bytes.reduce((value, byte) => value * 256 + byte, high);
}

/** What the bytes of a line say, in the notation that the line uses. */
function valueOf(part: Part): string {
  if (part.value.startsWith("0x")) {
    const digits = [...part.bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `0x${part.name === "magic" || part.name === "crc" ? digits.toUpperCase() : digits}`;
  }
  if (part.value.startsWith('"')) {
    return JSON.stringify(decodeUtf8(part.bytes, 0, part.bytes.length));
  }
  if (part.name.endsWith("Host")) return formatHostAddress(part.bytes, 0, part.bytes.length);
  return String(integerOf(part.bytes));
}

function checkValues(example: Example): void {
  for (const part of example.parts) {
    assert.equal(valueOf(part), part.value, `${example.title}: ${part.name}`);
  }
}

/** The first lines of an example are the fields of a layout, in order and of the right widths. */
function checkFields(example: Example, layout: Layout<string>, from = 0): void {
  const fields = Object.keys(layout.types);
  const parts = example.parts.slice(from, from + fields.length);
  assert.deepEqual(parts.map((part) => part.name), fields, example.title);
  let at = 0;
  for (const part of parts) {
    assert.equal(at, layout.offsets[part.name], `${example.title}: ${part.name}`);
    at += part.bytes.length;
  }
  assert.equal(at, layout.byteLength, example.title);
}

function numberAt(example: Example, name: string): number {
  const part = example.parts.find((candidate) => candidate.name === name);
  assert.ok(part, `${example.title} has ${name}`);
  return integerOf(part.bytes);
}

const ALL = Object.fromEntries(
  readdirSync(PAGES).map((page) => [page, parseExamples(page)]),
);

for (const [page, examples] of Object.entries(ALL)) {
  for (const example of examples) {
    test(`The bytes of "${example.title}" in docs/format/${page} have the values beside them`, async () => {
      checkValues(example);
      const real = /^(\S+) (\S+) @([0-9]+)$/.exec(example.title);
      if (real === null) {
        return assert.match(example.title, /^example streambed\/(meta|positions|groups, \w+)$/);
      }
      await using store = await openGolden(real[1]);
      const file = new Uint8Array(await readFile(join(store.root, real[2])));
      const at = Number(real[3]);
      assert.deepEqual(file.slice(at, at + example.bytes.length), example.bytes);
    });
  }
}

test("Every format page but the directory's has an example", () => {
  const counts = Object.entries(ALL).map(([page, examples]) => [page, examples.length]);
  assert.deepEqual(Object.fromEntries(counts), {
    "backup.md": 0,
    "checkpoints.md": 0,
    "commit_log.md": 2,
    "consume_queue.md": 1,
    "delayed_messages.md": 0,
    "directory.md": 0,
    "index_file.md": 3,
    "sent_back.md": 0,
    "store_checkpoint.md": 1,
    "streambed.md": 5,
  });
});

test("A worked example with a wrong value or a wrong byte is noticed", () => {
  const text = "00000122  size 290\n";
  checkValues(parseExample("right", text));
  for (const wrong of [text.replace("290", "291"), text.replace("122", "123")]) {
    assert.throws(() => checkValues(parseExample("wrong", wrong)), assert.AssertionError);
  }
  const short = parseExample("short", "0000  size 0\n");
  const layout = { byteLength: 4, offsets: { size: 0 }, types: { size: "i32" } } as const;
  assert.throws(() => checkFields(short, layout), assert.AssertionError);
});

test("The examples of the commit log decode to a whole record and a blank", () => {
  const [record, blank] = ALL["commit_log.md"];
  checkFields(record, RECORD_PREFIX);
  const { bytes } = record;
  const expected = { position: 0, crc: "required" } as const;
  const view = new DataView(bytes.buffer);
  const found = checkRecord(bytes, view, 0, bytes.length, expected, new RecordView());
  assert.ok(found.kind === "message" && found.recordCrc === "right", found.kind);
  const properties = record.parts.filter((part) => part.name === "property");
  assert.equal(properties.length, found.properties().size);
  checkFields(blank, BLANK_RECORD);
  const at = Number(/@([0-9]+)$/.exec(blank.title)![1]);
  assert.equal((at + numberAt(blank, "totalSize")) % 65_536, 0);
});

test("The example of the consume queue is an entry of tag TagA", () => {
  const [entry] = ALL["consume_queue.md"];
  checkFields(entry, QUEUE_ENTRY);
  assert.equal(numberAt(entry, "tagsCode"), javaHash("TagA"));
});

test("The examples of the index are a header and two chained entries of one key", () => {
  const [header, newer, older] = ALL["index_file.md"];
  checkFields(header, INDEX_HEADER);
  for (const entry of [newer, older]) {
    checkFields(entry, INDEX_ENTRY);
    assert.equal(numberAt(entry, "keyHash"), indexKeyHash("TopicA", "common"));
  }
  assert.equal(numberAt(newer, "prevIndex"), 2);
});

test("The example of the store checkpoint has its six fields", () => {
  checkFields(ALL["store_checkpoint.md"][0], STORE_CHECKPOINT);
});

test("The examples of our own files decode", () => {
  const [meta, positions] = ALL["streambed.md"];
  checkFields(meta, META_SLOT);
  checkFields(meta, META_RANGE, Object.keys(META_SLOT.types).length);
  const slot = new Uint8Array(META_SLOT_BYTE_LENGTH);
  slot.set(meta.bytes);
  const decoded = decodeMetaSlot(slot);
  assert.equal(decoded?.mark, numberAt(meta, "mark"));
  assert.deepEqual(decoded?.ranges, [{ from: numberAt(meta, "from"), to: -1 }]);
  checkFields(positions, POSITIONS_RECORD);
  const record = new Uint8Array(POSITIONS_BYTE_LENGTH);
  record.set(positions.bytes);
  const flushed = decodePositions(record)?.flushedPosition;
  assert.equal(flushed, numberAt(positions, "flushedPosition"));
  assert.equal(flushed, joinI64(0, decoded?.mark ?? -1));
});

test("The examples of a group's file decode, and lead where the page says", () => {
  const [head, slot, note] = ALL["streambed.md"].slice(2);
  checkFields(head, CLAIM_HEAD);
  checkFields(slot, CLAIM_SLOT);
  checkFields(note, CLAIM_NOTE);
  const file = new Uint8Array(CLAIM_BYTE_LENGTH);
  file.set(head.bytes, CLAIM_AT.head);
  file.set(slot.bytes, CLAIM_AT.slots[numberAt(slot, "sequence") % 2]);
  file.set(note.bytes, CLAIM_AT.note);
  const decoded = decodeClaim(file);
  assert.deepEqual([decoded?.group, decoded?.topic, decoded?.queueId], ["billing", "orders", 3]);
  assert.equal(decoded?.slot?.next, numberAt(slot, "next"));
  assert.equal(decoded?.note?.offset, numberAt(note, "offset"));
  const led = [15, 20, 25].map((known) => claimedOffset(known, decoded!));
  assert.deepEqual(led, [15, 25, 25]);
});

test("The listing of the directory page is that of the store it names", async () => {
  const text = readFileSync(new URL("directory.md", PAGES), "utf8");
  const listing = /^```files (\S+)\n([^`]*)^```$/m.exec(text);
  assert.ok(listing, "directory.md has a listing");
  const manifest = await readManifest(listing[1]);
  assert.deepEqual(listing[2].trimEnd().split("\n"), manifest.files.map((file) => file.path));
});

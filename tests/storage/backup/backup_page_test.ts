/**
 * Tests that the format page of the backup says what the code does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeBackupHead, encodeBackupHead } from "../../../storage/backup/mod.ts";

const PAGE = new URL("../../../docs/format/backup.md", import.meta.url);
const SOURCE = new URL("../../../storage/backup/backup_header.ts", import.meta.url);

test("The worked example of docs/format/backup.md decodes, and is what would be written", () => {
  const block = /```text\n([^`]*)```/.exec(readFileSync(PAGE, "utf8"));
  assert.ok(block);
  const digits = block[1].split("\n").map((line) => line.split(" ")[0]).join("");
  const bytes = Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
  const head = decodeBackupHead(bytes, "backup.md");
  assert.equal(head?.filesAt, bytes.length);
  assert.equal(head?.byteLength, bytes.length + 351);
  assert.equal(head?.manifest.to, 8273);
  assert.deepEqual(encodeBackupHead(head!.manifest), bytes);
});

test("The table of storage/backup/backup_header.ts is that of its page", () => {
  const rows = (url: URL) =>
    readFileSync(url, "utf8").match(/\| *\d+ \| *\d+ \|.*\|$/gm)?.map((row) =>
      row.replace(/ +/g, " ")
    );
  const inSource = rows(SOURCE);
  assert.equal(inSource?.length, 3);
  assert.deepEqual(inSource, rows(PAGE));
});

/**
 * Each kind of file in `streambed/` as a later release may write it, one version higher: what this
 * release says, what it still reads, and whether it leaves the file alone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { loadLibc } from "../../../ffi/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import {
  claimFileName,
  CLAIMS_FOLDER,
  META_SLOT,
  META_SLOT_BYTE_LENGTH,
  POSITIONS_RECORD,
} from "../../../storage/layout/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { runCli } from "../../cli/cli_child.ts";
import { CLAIM, claim, filled, reading, SLOW } from "./claimed_store.ts";

const GROUP_FILE = `${CLAIMS_FOLDER}/${claimFileName(CLAIM)}`;
const environment = systemEnvironment(await loadLibc());

/** A kind of file. */
interface Row {
  readonly file: string;
  /** Makes bytes one version higher. */
  readonly raise: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
  /** What opening says: an error, a note, or nothing. */
  readonly opening?: { readonly error: RegExp } | { readonly note: RegExp };
  /** What a claim of the group says. */
  readonly claiming?: RegExp;
  /** What `verify` says in a note. */
  readonly verifying?: RegExp;
  /** What the file is when a writer has come and gone. */
  readonly after: "the same" | "made anew";
}

const UNREAD = /is of format version 2, and this release reads version 1/;
const TABLE: readonly Row[] = [
  {
    file: "streambed/meta",
    raise: raiseMeta,
    opening: {
      error:
        /^Cannot open store: "streambed\/meta" is a file of format version 2; this release reads version 1, use a newer one$/,
    },
    after: "the same",
  },
  // Nothing but how far a writer is that is alive.
  { file: "streambed/positions", raise: raisePositions, after: "made anew" },
  // What follows from the log.
  {
    file: "streambed/tables",
    raise: raiseText,
    opening: { note: UNREAD },
    verifying: UNREAD,
    after: "made anew",
  },
  {
    file: "streambed/offsets",
    raise: raiseText,
    opening: { note: UNREAD },
    verifying: UNREAD,
    after: "the same",
  },
  {
    file: GROUP_FILE,
    raise: raiseClaim,
    claiming:
      /^Cannot read queue 0 of topic "T" as group "g": "streambed\/groups\/[0-9a-f]{16}" is a file of format version 2; this release reads version 1, use a newer one$/,
    verifying: UNREAD,
    after: "the same",
  },
];

function raiseMeta(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  for (let at = 0; at < bytes.length; at += META_SLOT_BYTE_LENGTH) {
    const slot = bytes.subarray(at, at + META_SLOT_BYTE_LENGTH);
    raiseI32(slot, META_SLOT.offsets.formatVersion);
    seal(slot, new DataView(slot.buffer, slot.byteOffset).getInt32(META_SLOT.offsets.byteLength));
  }
  return bytes;
}

function raisePositions(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  raiseI32(bytes, POSITIONS_RECORD.offsets.magic);
  seal(bytes, POSITIONS_RECORD.offsets.crc);
  return bytes;
}

function raiseClaim(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  raiseI32(bytes, 0);
  // Four fields and the two names, of a letter each.
  seal(bytes, 16 + 2);
  return bytes;
}

/** The version stands in the first line, the checksum is of the second. */
function raiseText(bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replace(" 1 ", " 2 "));
}

function raiseI32(bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setInt32(at, view.getInt32(at) + 1);
}

function seal(bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setInt32(at, crc32(bytes.subarray(0, at)));
}

/** A store with a file of each kind. */
async function makeStore(path: string): Promise<void> {
  await filled(path);
  await using reader = await reading(path, SLOW);
  const held = claim(reader);
  held.done(7);
  held.release();
  const body = '{"queues":[]}';
  const crc = crc32(body).toString(16).padStart(8, "0");
  writeFileSync(join(path, "streambed/offsets"), `streambed-offsets 1 ${crc}\n${body}\n`, {
    mode: 0o600,
  });
}

function contentAt(path: string, file: string): string {
  return readFileSync(join(path, file), "base64");
}

test("Every kind of file in streambed/ is one whose next version is tried here", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeStore(path);
  const files = readdirSync(join(path, "streambed"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("next-"))
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
  assert.deepEqual(files.sort(), TABLE.map(({ file }) => file).sort());
});

for (const row of TABLE) {
  const kind = row.file.replace(GROUP_FILE, `${CLAIMS_FOLDER}/…`);
  test(`A ${kind} of the next version is told, and ${row.after} when a writer has gone`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await makeStore(path);
    const file = join(path, row.file);
    writeFileSync(file, row.raise(new Uint8Array(readFileSync(file))));
    const raised = contentAt(path, row.file);
    if (row.verifying !== undefined) await checkVerify(path, row.file, row.verifying);
    for (const readOnly of [true, false]) await checkOpening(path, readOnly, row);
    assert.equal(contentAt(path, row.file) === raised, row.after === "the same");
  });
}

async function checkVerify(path: string, file: string, text: RegExp): Promise<void> {
  const { findings } = await verifyStore(environment, path);
  assert.deepEqual(findings.map((finding) => [finding.path, finding.severity]), [[file, "note"]]);
  assert.match(findings[0].text, text);
}

async function checkOpening(path: string, readOnly: boolean, row: Row): Promise<void> {
  const { opening, claiming, file } = row;
  const refused = { code: "UNSUPPORTED_FORMAT", reason: "newer", path: file };
  if (opening !== undefined && "error" in opening) {
    await assert.rejects(openStore(path, { readOnly }), { ...refused, message: opening.error });
    return;
  }
  await using store = await openStore(path, { ...SLOW, readOnly });
  const told = opening === undefined ? [] : [true];
  const note = opening?.note ?? UNREAD;
  assert.deepEqual(store.info.notes.map((one) => note.test(one)), told);
  const [first, ...others] = await store.queue("T").readBatch({ from: 0, limit: 50 });
  assert.deepEqual([first.offset, others.length], [0, 49], "All is read");
  if (!readOnly) await store.append({ topic: "T", body: "one more" });
  if (claiming === undefined) assert.equal(claim(store).offset, 7);
  else assert.throws(() => claim(store), { ...refused, message: claiming });
}

test("dump tells of the next version of a group's file", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeStore(path);
  const file = join(path, GROUP_FILE);
  writeFileSync(file, raiseClaim(new Uint8Array(readFileSync(file))));
  const { out } = await runCli(["dump", file]);
  assert.match(out, /^head: of format version 2, this release reads version 1$/m);
});

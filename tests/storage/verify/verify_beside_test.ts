/**
 * What verification says beside a broker at work: what it has stored and not dispatched yet, and
 * what it made since, is no fault.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import {
  decodeStoreCheckpoint,
  encodeQueueEntry,
  encodeStoreCheckpoint,
  formatSegmentName,
  INDEX_HEADER,
} from "../../../storage/layout/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { type GoldenStore, openGolden } from "../../support/golden.ts";
import { flip, patch } from "./store_builder.ts";

const FIRST_FILE = "0".repeat(20);
const environment = systemEnvironment(await loadLibc());

interface Golden {
  readonly root: string;
  /** Its index files, the newest last. */
  readonly index: readonly string[];
  /** storeTimestamp of its last message, ms since epoch. */
  readonly lastMs: number;
  /** Position after its last message. */
  readonly end: number;
}

function describe({ root, manifest }: GoldenStore): Golden {
  const index = manifest.files.map(({ path }) => path).filter((path) => path.startsWith("index/"));
  const { records, log } = manifest.java;
  return { root, index: index.sort(), lastMs: records.at(-1)!.storeTs, end: log.maxPhy };
}

/** The store checkpoint speaks of all messages that were stored before a time. */
function dispatchedBefore({ root }: Golden, time: number): void {
  const path = join(root, "checkpoint");
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checkpoint = decodeStoreCheckpoint(view);
  encodeStoreCheckpoint(view, { ...checkpoint, logicsMsgTimestamp: time });
  writeFileSync(path, bytes);
}

/** The last message has no entry. */
function loseEntry({ root }: Golden): void {
  patch(root, `consumequeue/TopicBatch/0/${FIRST_FILE}`, 3 * 20, new Uint8Array(20));
}

/** The newest entry of the index, which leads to the last message, is not there. */
function loseKey({ root, index }: Golden): void {
  const path = index.at(-1)!;
  const bytes = readFileSync(join(root, path));
  const at = INDEX_HEADER.offsets.indexCount;
  bytes.writeInt32BE(bytes.readInt32BE(at) - 1, at);
  writeFileSync(join(root, path), bytes);
}

function flipSlot({ root }: Golden, path: string): void {
  flip(root, path, INDEX_HEADER.byteLength + 4 * 11 + 3);
}

function makeEmpty({ root }: Golden, path: string): void {
  writeFileSync(join(root, path), "", { mode: 0o600 });
}

function goBeyond({ root, end }: Golden): void {
  const bytes = new Uint8Array(20);
  const entry = { position: end, byteLength: 100, tagsCodeHigh: 0, tagsCodeLow: 0 };
  encodeQueueEntry(new DataView(bytes.buffer), 0, entry);
  patch(root, `consumequeue/TopicBatch/0/${FIRST_FILE}`, 4 * 20, bytes);
}

/** What is done, what is said of it without a broker, and whether it is said beside one too. */
const CASES: readonly {
  readonly what: string;
  readonly change: (golden: Golden) => void;
  readonly told: RegExp;
  readonly toldBeside: boolean;
}[] = [{
  what: "an entry of a message that came after the log was read",
  change: goBeyond,
  told: /its queues speak of messages up to position \d+, but/,
  toldBeside: false,
}, {
  what: "no entry of a message that may not be dispatched",
  change: (golden) => {
    loseEntry(golden);
    dispatchedBefore(golden, golden.lastMs);
  },
  told: /lacks entry 3;/,
  toldBeside: false,
}, {
  what: "no entry of a message that was dispatched",
  change: (golden) => {
    loseEntry(golden);
    dispatchedBefore(golden, golden.lastMs + 1);
  },
  told: /lacks entry 3;/,
  toldBeside: true,
}, {
  what: "no key of a message that may not be dispatched",
  change: (golden) => {
    loseKey(golden);
    dispatchedBefore(golden, golden.lastMs);
  },
  told: /a key of the messages at position [0-9]+ cannot be found/,
  toldBeside: false,
}, {
  what: "no key of a message that was dispatched",
  change: (golden) => {
    loseKey(golden);
    dispatchedBefore(golden, golden.lastMs + 1);
  },
  told: /a key of the messages at position [0-9]+ cannot be found/,
  toldBeside: true,
}, {
  what: "a slot of the newest index file",
  change: (golden) => flipSlot(golden, golden.index.at(-1)!),
  told: /slots? do not hold their newest entry/,
  toldBeside: false,
}, {
  what: "a slot of an older index file",
  change: (golden) => flipSlot(golden, golden.index[0]),
  told: /slots? do not hold their newest entry/,
  toldBeside: true,
}, {
  what: "an index file that is being made",
  change: (golden) => makeEmpty(golden, "index/20991121232446423"),
  told: /too short for a header/,
  toldBeside: false,
}, {
  what: "a queue file that is being made",
  change: (golden) => makeEmpty(golden, `consumequeue/TopicBatch/0/${formatSegmentName(2000)}`),
  told: /is empty: who made it died/,
  toldBeside: false,
}, {
  what: "a segment that is being made",
  change: (golden) => makeEmpty(golden, `commitlog/${formatSegmentName(3 * 65_536)}`),
  told: /the segment is empty/,
  toldBeside: false,
}];

for (const { what, change, told, toldBeside } of CASES) {
  test(`verifyStore() ${toldBeside ? "tells" : "leaves out"} beside a broker: ${what}`, async () => {
    await using golden = await openGolden("basic-5.3.3");
    change(describe(golden));
    const alone = await verifyStore(environment, golden.root);
    assert.match(alone.findings.map(({ text }) => text).join("\n"), told);
    await using holder = spawnScript("tests/storage/verify/lock_child.ts", [
      golden.root,
      "process",
    ]);
    assert.equal(await holder.nextLine(), "locked");
    const beside = await verifyStore(environment, golden.root);
    const verdict = toldBeside ? "repairable" : "sound";
    assert.deepEqual([beside.live, beside.verdict], [true, verdict]);
    const texts = beside.findings.map(({ text }) => text);
    if (toldBeside) assert.match(texts.join("\n"), told);
    else assert.deepEqual(texts, []);
  });
}

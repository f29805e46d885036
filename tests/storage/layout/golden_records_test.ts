/**
 * Tests of the decoder against records that RocketMQ wrote and read back itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  checkRecord,
  decodeInnerBatch,
  decompressBody,
  FLAG_COMPRESSED,
  FLAG_INNER_BATCH,
  formatHex,
  formatSegmentName,
  recordPrefix,
  RecordView,
} from "../../../storage/layout/mod.ts";
import { goldenGeometry, type GoldenStore, openGolden } from "../../support/golden.ts";
import { uncompressed } from "../../../harness/support/golden_store.ts";
import type { JavaRecord } from "../../../harness/support/golden_manifest.ts";
import { viewOf } from "./samples.ts";

const STORES = ["basic", "propcrc", "compressed", "odd", "batchcq", "tx", "broker"]
  .flatMap((name) => [`${name}-5.3.3`, `${name}-5.5.0`]);

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** The message id that Java gives out: the store's host and the position, in hex. */
function offsetMessageId(record: RecordView): string {
  const { storeHost, reconsumeTimes } = recordPrefix(record.sysFlag).offsets;
  const host = formatHex(record.bytes, record.start + storeHost, reconsumeTimes - storeHost);
  return (host + record.position.toString(16).padStart(16, "0"))
    .toUpperCase();
}

function compare(record: RecordView, java: JavaRecord): void {
  const actual = {
    off: record.position,
    size: record.byteLength,
    magic: (record.magic >>> 0).toString(16),
    topic: record.topic(),
    queueId: record.queueId,
    queueOffset: record.queueOffset,
    flag: record.flag,
    sysFlag: record.sysFlag,
    bornTs: record.bornTimestamp,
    storeTs: record.storeTimestamp,
    reconsume: record.reconsumeTimes,
    preparedTx: record.preparedTransactionOffset,
    bodyCrc: record.bodyCrc,
    bodyLen: record.bodyByteLength,
    bodySha256: sha256(record.body()),
    offsetMsgId: offsetMessageId(record),
    props: Object.fromEntries(record.properties()),
  };
  const { bornHost, storeHost, ...expected } = java;
  assert.deepEqual(actual, expected);
  assert.equal(uncompressed(record.bornHost()), bornHost);
  assert.equal(uncompressed(record.storeHost()), storeHost);
  assert.equal(record.tags(), java.props.TAGS);
  assert.equal(record.keys(), java.props.KEYS);
  assert.equal(record.uniqKey(), java.props.UNIQ_KEY);
}

/** The segments of a store's log by position. */
async function readLog(store: GoldenStore, segmentByteLength: number) {
  const segments = new Map<number, Uint8Array>();
  for (const file of store.manifest.files) {
    if (!file.path.startsWith("commitlog/")) continue;
    const bytes = new Uint8Array(await readFile(join(store.root, file.path)));
    segments.set(Number(file.path.slice("commitlog/".length)), bytes);
  }
  return (position: number) => {
    const from = position - position % segmentByteLength;
    const bytes = segments.get(from);
    assert.ok(bytes, formatSegmentName(from));
    return { bytes, at: position - from };
  };
}

for (const name of STORES) {
  test(`checkRecord() reads the records of ${name} as Java does`, async () => {
    await using store = await openGolden(name);
    const { segmentByteLength } = goldenGeometry(store.manifest);
    const locate = await readLog(store, segmentByteLength);
    const record = new RecordView();
    const crc = name.startsWith("propcrc") ? "required" : "optional";
    for (const java of store.manifest.java.records) {
      const { bytes, at } = locate(java.off);
      const expected = { position: java.off, crc } as const;
      const found = checkRecord(bytes, viewOf(bytes), at, bytes.length - at, expected, record);
      assert.equal(
        found.kind,
        "message",
        `${java.off} ${found.kind === "corrupt" && found.reason}`,
      );
      assert.equal(record.recordCrc, crc === "required" ? "right" : "absent");
      compare(record, java);
    }
    for (const [position, byteLength] of store.manifest.java.blanks) {
      const { bytes, at } = locate(position);
      const expected = { position, crc } as const;
      const found = checkRecord(bytes, viewOf(bytes), at, bytes.length - at, expected, record);
      assert.deepEqual(found, { kind: "blank", byteLength });
    }
  });
}

test("decompressBody() inflates what RocketMQ stored compressed", async () => {
  await using store = await openGolden("compressed-5.3.3");
  const { segmentByteLength } = goldenGeometry(store.manifest);
  const locate = await readLog(store, segmentByteLength);
  const compressed = store.manifest.java.records.filter((java) => java.sysFlag & FLAG_COMPRESSED);
  assert.equal(compressed.length, 12);
  const record = new RecordView();
  for (const java of compressed) {
    const { bytes, at } = locate(java.off);
    const expected = { position: java.off, crc: "optional" } as const;
    checkRecord(bytes, viewOf(bytes), at, bytes.length - at, expected, record);
    const plain = decompressBody(record.body(), record.sysFlag);
    assert.equal(plain.sysFlag, java.sysFlag - FLAG_COMPRESSED);
    assert.ok(plain.body.length > record.bodyByteLength);
  }
});

test("decodeInnerBatch() unpacks the batches that RocketMQ stored", async () => {
  await using store = await openGolden("batchcq-5.5.0");
  const { segmentByteLength } = goldenGeometry(store.manifest);
  const locate = await readLog(store, segmentByteLength);
  const batches = store.manifest.java.records.filter((java) => java.sysFlag & FLAG_INNER_BATCH);
  assert.equal(batches.length, 60);
  const record = new RecordView();
  for (const java of batches) {
    const { bytes, at } = locate(java.off);
    const expected = { position: java.off, crc: "optional" } as const;
    checkRecord(bytes, viewOf(bytes), at, bytes.length - at, expected, record);
    assert.equal(decodeInnerBatch(record.body())?.length, Number(java.props.INNER_NUM));
  }
});

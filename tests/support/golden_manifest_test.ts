/**
 * The types of the manifests say neither more nor less than the manifests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { goldenGeometry, goldenNames, readManifest } from "./golden.ts";
import type { Manifest } from "../../harness/support/golden_manifest.ts";

const GEOMETRY_MEMBERS = "indexEntryCount indexSlotCount queueEntryCount segmentByteLength";
const MANIFEST_MEMBERS = "acks checkpoint clean files filesAfterJava java name note options " +
  "readerOptions rocketmq verify";

/** The members of each kind of object, sorted. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  manifest: [MANIFEST_MEMBERS, MANIFEST_MEMBERS.replace("clean", "clean consumed")],
  ack: [
    "appendStatus id offset queueId queueOffset size status storeTimestamp topic",
    "at batch count id micros msgId offsetMsgId queueId queueOffset status",
  ],
  consumed: ["id off queueId queueOffset topic"],
  file: ["path sha256 size"],
  get: ["found max min next offset queueId status tag topic"],
  index: ["beginPhy beginTs endPhy endTs indexCount name slotCount"],
  java: ["blanks gets log other queries queues records times"],
  log: ["behind confirm maxPhy minPhy"],
  query: ["found key topic"],
  queue: ["cqType entries max min queueId topic"],
  record: [
    "bodyCrc bodyLen bodySha256 bornHost bornTs flag magic off offsetMsgId preparedTx props " +
    "queueId queueOffset reconsume size storeHost storeTs sysFlag topic",
  ],
  time: ["lower queueId time topic upper"],
  verified: ["bad entries files preBlank"],
  verify: ["allOk bcq cq index logicalEnd messages"],
};

test("readManifest() gives the members that are typed, and no others", async () => {
  for (const name of goldenNames()) {
    const manifest = await readManifest(name);

    for (const [kind, objects] of Object.entries(objectsOf(manifest))) {
      for (const object of objects) {
        const members = Object.keys(object).sort().join(" ");
        assert.ok(MEMBERS[kind].includes(members), `${kind} of ${name} has: ${members}`);
      }
    }
    assert.equal(manifest.checkpoint.length, 6);
    assert.deepEqual(manifest.java.other, []);
    const { entries = [] } = manifest.java.queues[0] ?? {};
    for (const entry of entries) assert.ok(entry.length === 5 && entry.every(Number.isSafeInteger));
  }
});

test("goldenGeometry() agrees with the files", async () => {
  for (const name of goldenNames()) {
    const manifest = await readManifest(name);
    const geometry = goldenGeometry(manifest);
    assert.equal(Object.keys(geometry).sort().join(" "), GEOMETRY_MEMBERS);

    const indexBytes = 40 + geometry.indexSlotCount * 4 + geometry.indexEntryCount * 20;
    for (const { path, size } of manifest.files) {
      if (path.startsWith("commitlog/")) assert.equal(size, geometry.segmentByteLength);
      if (path.startsWith("consumequeue/")) assert.equal(size, geometry.queueEntryCount * 20);
      if (path.startsWith("index/")) assert.equal(size, indexBytes);
    }
  }
});

function objectsOf(manifest: Manifest): Record<string, readonly object[]> {
  const { java, verify } = manifest;
  return {
    manifest: [manifest],
    ack: manifest.acks,
    consumed: manifest.consumed ?? [],
    file: manifest.files,
    get: java.gets,
    index: verify.index,
    java: [java],
    log: [java.log],
    query: java.queries,
    queue: java.queues,
    record: java.records,
    time: java.times,
    verified: Object.values(verify.cq),
    verify: [verify],
  };
}

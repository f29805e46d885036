/**
 * Searching by time in a queue whose offsets have gaps: a broker gives light queues such, and a log
 * that lost records has them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { writeForeign } from "../../support/foreign_log.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const START = 1_700_000_000_000;
const SEGMENT_BYTE_LENGTH = 64 * 1024;

/** Offsets of a light queue, one message a second. */
const QUEUES: Readonly<Record<string, readonly number[]>> = {
  "no gap": [0, 1, 2, 3, 4],
  "a gap": [0, 1, 2, 3, 4, 20, 21, 22, 23, 24],
  "a gap behind the first": [0, 30, 31],
  "a gap before the last": [0, 1, 2, 40],
  "many gaps": [0, 3, 4, 9, 11, 30, 90, 91],
  "a gap longer than what is read at once": [0, 1, 1000, 1001, 3000],
};

for (const [name, offsets] of Object.entries(QUEUES)) {
  test(`Queue.offsetAt() finds the first message at or after a time in a queue with ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const empty = await openStore(directory.path, {
      geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
    });
    await empty.append({ topic: "T", body: "" });
    const end = empty.info.writtenPosition;
    await empty.close();
    const records = offsets.map((offset, index) => ({
      topic: "P",
      offset: index,
      body: "",
      time: START + index * 1000,
      properties: new Map([
        ["INNER_MULTI_DISPATCH", "%LMQ%a"],
        ["INNER_MULTI_QUEUE_OFFSET", `${offset}`],
      ]),
    }));
    writeForeign(directory.path, end, records, SEGMENT_BYTE_LENGTH);
    for (const readOnly of [true, false]) {
      await using store = await openStore(directory.path, { readOnly });
      const queue = store.queue("%LMQ%a");
      for (const [index, offset] of offsets.entries()) {
        const time = START + index * 1000;
        assert.deepEqual([await queue.offsetAt(time - 1), await queue.offsetAt(time)], [
          offset,
          offset,
        ]);
      }
      assert.equal(await queue.offsetAt(START + offsets.length * 1000), queue.endOffset);
    }
  });
}

test("Queue.offsetAt() gives the start of a batch", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  await using store = await openStore(golden.root, { readOnly: true });
  const queue = store.queue("TopicBCQ");
  const messages = await Array.fromAsync(queue.read());
  for (const { storeTimestamp } of messages) {
    const first = messages.find((one) => one.storeTimestamp >= storeTimestamp)!;
    assert.equal(await queue.offsetAt(storeTimestamp), first.offset);
  }
  assert.equal(await queue.offsetAt(messages.at(-1)!.storeTimestamp + 1), queue.endOffset);
});

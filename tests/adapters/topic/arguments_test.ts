/**
 * What is public of `adapters/topic/`: arguments and options, wrong and right, and its rows.
 *
 * Tests: `topic/rules.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { textCodec, topic } from "../../../adapters/topic/mod.ts";
import { TOPIC_DOOR, TOPIC_DOORS } from "../../../adapters/topic/rules.ts";
import { openStore, type Store } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { type PublicCalls, testPublicCalls } from "../../support/public_calls.ts";
import { SMALL_FILES } from "../../support/test_store.ts";

const fields = { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1, flag: 3 } as const;
const sourceOptions = { queueIds: [0], from: 0, limit: 1, tags: ["t"] } as const;

function calls(store: Store): PublicCalls {
  const one = topic(store, "orders", { codec: textCodec });
  const append = (...args: Parameters<typeof one.append>) => one.append(...args);
  return {
    topic: [TOPIC_DOOR, topic, store, "orders", { codec: textCodec, schemaVersion: "1" }],
    "Topic.append": [TOPIC_DOORS.append, append, "two", fields],
    "Topic.appendAll": [
      TOPIC_DOORS.appendAll,
      (...args: Parameters<typeof one.appendAll>) => one.appendAll(...args),
      ["three"],
      { ...fields, atomic: true },
    ],
    "Topic.message": [
      TOPIC_DOORS.message,
      (...args: Parameters<typeof one.message>) => one.message(...args),
      "four",
      fields,
    ],
    "Topic.read": [
      TOPIC_DOORS.read,
      (...args: Parameters<typeof one.read>) => one.read(...args),
      sourceOptions,
    ],
    "Topic.find": [
      TOPIC_DOORS.find,
      (...args: Parameters<typeof one.find>) => one.find(...args),
      "k",
      { limit: 1, tags: "t" },
    ],
    "Topic.source": [
      TOPIC_DOORS.source,
      (...args: Parameters<typeof one.source>) => one.source(...args),
      sourceOptions,
    ],
    "Topic.sourceBatches": [
      TOPIC_DOORS.sourceBatches,
      (...args: Parameters<typeof one.sourceBatches>) => one.sourceBatches(...args),
      { ...sourceOptions, batchCount: 2 },
    ],
    "Topic.sink": [
      TOPIC_DOORS.sink,
      (...args: Parameters<typeof one.sink>) => one.sink(...args),
      { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1 },
    ],
    "Topic.consume": [
      TOPIC_DOORS.consume,
      (...args: Parameters<typeof one.consume>) => one.consume(...args),
      { group: "mail", handle: () => {}, follow: false },
    ],
    "Topic.decode": [
      TOPIC_DOORS.decode,
      (...args: Parameters<typeof one.decode>) => one.decode(...args),
      store.queue("orders").readBatchSync({ limit: 1 })[0],
    ],
  };
}

testPublicCalls("topic", calls);

test("topic() refuses what is no codec and no schema of the version that it knows", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  const [encode, decode, validate] = [() => "", () => "", () => ({ value: 1 })];
  const refused = { code: "ERR_INVALID_ARG_TYPE" };
  for (
    const codec of [{ encode, decode }, { contentType: "a\u0001b", encode, decode }, {
      contentType: "",
      encode,
      decode,
    }, { contentType: "a/b", encode }]
  ) assert.throws(() => topic(store, "orders", { codec: codec as never }), refused);
  for (
    const contract of [undefined, {}, { version: 2, vendor: "v", validate }, { version: 1 }]
  ) {
    const schema = { "~standard": contract };
    assert.throws(() => topic(store, "orders", { schema: schema as never }), refused);
  }
  assert.equal(store.info.writtenPosition, 0);
});

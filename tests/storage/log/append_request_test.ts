/**
 * A request whose messages were all encoded when the write failed was taken for placed: one that
 * had waited for a roll never settled, and one with durability `"committed"` was acknowledged
 * although nothing had been written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppendRequest } from "../../../storage/log/mod.ts";

const FAILURE = new Error("the write failed");
const PLACE = { queueOffset: 0, position: 0, storeTimestamp: 0 };

function encodedRequest(): AppendRequest {
  const message = {} as ConstructorParameters<typeof AppendRequest>[0][number];
  const queue = { topic: "t", queueId: 0, nextOffset: 1, put() {} };
  const request = new AppendRequest([message], [queue], true);
  request.placed.push(PLACE, 100);
  return request;
}

test("AppendRequest.fail() rejects who waits, though every message was encoded", async () => {
  const request = encodedRequest();
  const placed = request.whole();
  request.fail(FAILURE);
  await assert.rejects(placed, FAILURE);
});

test("AppendRequest.whole() rejects after a failure, though every message was encoded", async () => {
  const request = encodedRequest();
  request.fail(FAILURE);
  await assert.rejects(request.whole(), FAILURE);
});

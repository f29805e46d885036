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
  const queue = { topic: "t", queueId: 0, encode() {}, keep() {} };
  const request = new AppendRequest([{ byteLength: 100 }], [queue], true);
  request.placed.push(PLACE, 100);
  return request;
}

test("AppendRequest.whole rejects who waits, though every record was encoded", async () => {
  const request = encodedRequest();
  const waiting = request.whole.promise;
  request.whole.reject(FAILURE);
  await assert.rejects(waiting, FAILURE);
});

test("AppendRequest.whole rejects after a failure, though every record was encoded", async () => {
  const request = encodedRequest();
  request.whole.reject(FAILURE);
  await assert.rejects(request.whole.promise, FAILURE);
});

/**
 * Names that somebody else put on the disk go into messages for people: escaped, and no longer than
 * a line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodePayload } from "../../adapters/checkpoint/payload.ts";
import { source } from "../../adapters/web/mod.ts";
import { innerPortOf, openStore, showArgument, type Store } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

/** It would colour a terminal, move its cursor, and turn the direction of what follows. */
const HOSTILE = "a\u001b[31m\u009b2Jb\u202ec\n";
// deno-lint-ignore no-control-regex -- these are the ones that are looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function assertPrintable(text: string): void {
  assert.doesNotMatch(text, UNPRINTABLE);
  assert.match(text, /\\u001b\[31m\\u009b2J/, "it is named");
  assert.ok(text.length < 1000, `${text.length} characters`);
}

const REFUSALS: Record<string, (store: Store, topic: string) => unknown> = {
  "Queue.readBatch() out of range": (store, topic) => store.queue(topic).readBatch({ from: 5 }),
  "source() out of range": (store, topic) => source(store, topic, { from: 5 }),
  "StorePort.claimGroup() of a busy group": (store, topic) => {
    innerPortOf(store).claim({ group: "g", topic, queueId: 0 });
    innerPortOf(store).claim({ group: "g", topic, queueId: 0 });
  },
  "source() of a group that is to see what is not flushed": (store, topic) =>
    source(store, topic, { group: "g", visibility: "committed" }),
  "Source.done() of a stranger's message": async (store, topic) => {
    await store.append({ topic: "T", body: "x" });
    const [message] = await store.queue("T").readBatch();
    Object.defineProperty(message, "topic", { value: topic });
    await using own = source(store, "T", { group: "g" });
    own.done(message);
  },
};

for (const [name, refuse] of Object.entries(REFUSALS)) {
  test(`${name} says a topic that nobody can print so that anybody can`, async () => {
    await using directory = await temporaryDirectory();
    mkdirSync(join(directory.path, "consumequeue", HOSTILE, "0"), { recursive: true });
    await using store = await openStore(directory.path);
    assert.ok(
      store.topics().some(({ topic }) => topic === HOSTILE),
      "a broker's folder is a topic",
    );
    await assert.rejects(async () => await refuse(store, HOSTILE), (error: Error) => {
      assertPrintable(error.message);
      return true;
    });
  });
}

test("decodePayload() shows of a state that cannot be parsed what anybody can print", () => {
  const header = JSON.stringify({ format: 1, encoding: "devalue", positions: {} });
  const decoded = decodePayload(
    new TextEncoder().encode(`${header}\n[[${JSON.stringify(`${HOSTILE}${"x".repeat(1e6)}`)},1]]`),
  );
  assert.equal(decoded.kind, "damaged");
  const { detail } = decoded as { detail: string };
  assert.doesNotMatch(detail, UNPRINTABLE);
  assert.ok(detail.length < 200, detail.slice(0, 200));
});

test("showArgument() escapes what a terminal obeys, and cuts what is long", () => {
  assertPrintable(showArgument(HOSTILE));
  assert.ok(showArgument("x".repeat(1e6)).length < 100);
});

/**
 * Every argument and every option that a store takes, wrong in every way that the table knows:
 * refused before anything is done.
 *
 * Tests: `resolve_options.ts`, `request_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import {
  type AnyRule,
  CLAIM_DOORS,
  either,
  KEYS,
  OPEN_STORE,
  OPEN_STORE_DOOR,
  PORT_DOORS,
  PROPERTIES,
  QUEUE_DOORS,
  QUEUE_ID,
  required,
  type Rules,
  STORE_DOORS,
  TAG,
  thing,
  TOPIC,
  wholeNumber,
} from "../../../storage/arguments/mod.ts";
import {
  type ClaimRequest,
  innerPortOf,
  type Message,
  openStore,
  portOf,
  type Store,
} from "../../../storage/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { type Call, refusals, refuseAll } from "../../support/refusals.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { SMALL_FILES as SMALL } from "../../support/test_store.ts";

const message = { topic: "orders", body: "one", keys: "k" };

/** Right calls of every method. */
function storeCalls(store: Store, backup: string): Record<keyof typeof STORE_DOORS, Call> {
  const { signal } = new AbortController();
  const { append, appendAll, flush, queue, find, get, moveGroup } = STORE_DOORS;
  return {
    // With nothing but a durability, which passes by the table.
    append: {
      door: append,
      args: [message, { durability: "flushed" }],
      make: store.append.bind(store),
    },
    appendAll: {
      door: appendAll,
      args: [[message], { signal }],
      make: store.appendAll.bind(store),
    },
    flush: { door: flush, args: [{ signal }], make: store.flush.bind(store) },
    queue: { door: queue, args: ["orders", 0], make: store.queue.bind(store) },
    find: { door: find, args: ["orders", "k", { limit: 1 }], make: store.find.bind(store) },
    get: { door: get, args: [0, { signal }], make: store.get.bind(store) },
    moveGroup: {
      door: moveGroup,
      args: ["billing", { topic: "orders", queueId: 0, offset: 1 }],
      make: store.moveGroup.bind(store),
    },
    backup: {
      door: STORE_DOORS.backup,
      args: [backup, { signal }],
      make: store.backup.bind(store),
    },
    // Last: all others need an open store.
    close: { door: STORE_DOORS.close, args: [{ signal }], make: store.close.bind(store) },
  };
}

/** Right calls of every method of a port. */
function portCalls(store: Store): Record<keyof typeof PORT_DOORS, Call> {
  const port = portOf(store);
  return {
    accept: { door: PORT_DOORS.accept, args: [message], make: port.accept.bind(port) },
    reached: {
      door: PORT_DOORS.reached,
      args: [0, { durability: "flushed" }],
      make: port.reached.bind(port),
    },
    changed: {
      door: PORT_DOORS.changed,
      args: [{ signal: new AbortController().signal }],
      make: port.changed.bind(port),
    },
    claimGroup: {
      door: PORT_DOORS.claimGroup,
      args: [{ group: "billing", topic: "orders", queueId: 0 }],
      make: async (claim: ClaimRequest) => {
        await using _claim = await port.claimGroup(claim);
      },
    },
  };
}

/** Asserts that a store is as it was when this was called. */
function watch(store: Store): (label: string) => void {
  const look = () => {
    const { writtenPosition, queueCount } = store.info;
    return JSON.stringify([writtenPosition, queueCount, store.topics(), store.groups()]);
  };
  const before = look();
  return (label) => assert.equal(look(), before, `${label} has changed the store`);
}

test("openStore() refuses every wrong argument and option before anything is made", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "store");
  const right = [path, { ...SMALL, retention: { maxAgeMs: 1e9 }, geometry: "embedded" }] as const;
  const count = await refuseAll(
    { door: OPEN_STORE_DOOR, args: right, make: openStore },
    (label) => assert.equal(existsSync(path), false, `${label} has made the store`),
  );
  assert.ok(count > 300, `${count}`);
  await (await openStore(...right)).close();
});

test("openStore() takes no URL as a text, which as a path is a folder named file:", async () => {
  for (const path of ["file:///data", "FILE://data", pathToFileURL("/data").href]) {
    await assert.rejects(openStore(path), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_VALUE",
      message: /^Cannot open store: path is ".*", it must be a path, .*no URL as a text/i,
    });
  }
});

test("openStore() refuses options of the parts of a geometry by their own names", async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(openStore(directory.path, { geometry: { segmentBytes: 4096 } as never }), {
    code: "ERR_INVALID_ARG_VALUE",
    message: "Cannot open store: geometry.segmentBytes is not an option; " +
      "did you mean segmentByteLength?",
  });
  await assert.rejects(openStore(directory.path, { retention: { maxAge: 5 } as never }), {
    message: "Cannot open store: retention.maxAge is not an option; did you mean maxAgeMs?",
  });
});

test("Store's methods refuse every wrong argument and option before anything is done", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(join(directory.path, "store"), SMALL);
  await store.append(message);
  const backup = join(directory.path, "backup");
  const calls = storeCalls(store, backup);
  const unchanged = watch(store);
  let count = 0;
  for (const call of Object.values(calls)) count += await refuseAll(call, unchanged);
  assert.ok(count > 200, `${count}`);
  assert.equal(existsSync(backup), false);
  for (const { args, make } of Object.values(calls)) await make(...args as never[]);
});

test("StorePort's methods refuse every wrong argument and option before anything is done", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append(message);
  const calls = portCalls(store);
  const unchanged = watch(store);
  for (const call of Object.values(calls)) assert.ok(await refuseAll(call, unchanged) > 5);
  for (const [name, { args, make }] of Object.entries(calls)) {
    // Right arguments pass; a wait for a change ends with the store.
    const done = make(...args as never[]);
    if (name !== "changed") await done;
    else void done;
  }
});

test("portOf() refuses what openStore() has not made", () => {
  for (const value of [{}, null, undefined, "store", { append() {}, queue() {}, topics() {} }]) {
    assert.throws(() => portOf(value as never), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: /^Cannot use store: it is .*, it must be an open store$/,
    });
  }
});

test("Queue's methods refuse every wrong argument and option", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append(message);
  const queue = store.queue("orders");
  const right = { from: 0, limit: 1 };
  const calls: Record<keyof typeof QUEUE_DOORS, Call> = {
    read: { door: QUEUE_DOORS.read, args: [right], make: queue.read.bind(queue) },
    readBatch: { door: QUEUE_DOORS.readBatch, args: [right], make: queue.readBatch.bind(queue) },
    readBatchSync: {
      door: QUEUE_DOORS.readBatchSync,
      args: [right],
      make: queue.readBatchSync.bind(queue),
    },
    borrowSync: {
      door: QUEUE_DOORS.borrowSync,
      args: [right, () => {}],
      make: queue.borrowSync.bind(queue),
    },
    offsetAt: {
      door: QUEUE_DOORS.offsetAt,
      args: [0, { signal: new AbortController().signal }],
      make: queue.offsetAt.bind(queue),
    },
  };
  const unchanged = watch(store);
  for (const call of Object.values(calls)) {
    assert.ok(await refuseAll(call, unchanged) > 0);
    await call.make(...call.args as never[]);
  }
});

test("GroupClaim.done() refuses every wrong offset, and keeps the one before", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append(message);
  const lease = innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 0 });
  lease.done(1);
  const commit = { door: CLAIM_DOORS.done, args: [1], make: lease.done.bind(lease) };
  assert.ok(await refuseAll(commit, watch(store)) > 0);
  lease.release();
});

test("StorePort.reached() refuses a position that the log does not have", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await assert.rejects(innerPortOf(store).reached(1, { durability: "flushed" }), {
    name: "RangeError",
    code: "ERR_OUT_OF_RANGE",
  });
});

/**
 * The members of a message, for the sake of this test alone: where messages are taken in, they are
 * checked by hand.
 */
const MESSAGE_ROWS: Rules<Message> = {
  topic: required(TOPIC),
  body: required(thing("bytes or a text", (value) => value instanceof Uint8Array)),
  tags: TAG,
  keys: KEYS,
  properties: PROPERTIES,
  queueId: QUEUE_ID,
  flag: wholeNumber({ least: -(2 ** 31), most: 2 ** 31 - 1 }),
  bornTimestamp: either(wholeNumber(), thing("a Date", (value) => value instanceof Date)),
  delayMs: wholeNumber({ most: 7_200_000 }),
  deliverAt: either(wholeNumber(), thing("a Date", (value) => value instanceof Date)),
};

test("Store.append(), appendAll() and accept() refuse every wrong member of a message", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const takers = [
    (one: Message) => store.append(one),
    (one: Message) => store.appendAll([message, one]),
    (one: Message) => store.appendAll(new Set([message, one]), { atomic: true }),
    (one: Message) => innerPortOf(store).accept(one),
  ];
  let count = 0;
  for (const [member, rule] of Object.entries(MESSAGE_ROWS) as [string, AnyRule][]) {
    for (const { value, code, label } of refusals(rule, member)) {
      // A text is a body too.
      if (member === "body" && typeof value === "string") continue;
      for (const take of takers) {
        await assert.rejects(take({ ...message, [member]: value }), { code }, label);
      }
      count++;
    }
  }
  assert.ok(count > 60, `${count}`);
  // Objects that are no message, one that is still to come among them.
  for (
    const other of [
      new Map(Object.entries(message)),
      Object.entries(message),
      Promise.resolve(message),
      new Date(0),
      new String("one"),
      new Number(5),
      new Uint8Array(3),
      {},
    ]
  ) {
    for (const take of takers) {
      await assert.rejects(take(other as never), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: /^Cannot store message: topic undefined is not/,
      });
    }
  }
  assert.equal(store.info.writtenPosition, 0);
  assert.deepEqual(store.topics(), []);
});

test("A port refuses every wrong body, and every wrong member that bodies have in common", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const port = innerPortOf(store);
  const bodies = port.bodies({ topic: message.topic });
  for (const member of ["topic", "tags", "keys", "properties", "queueId"] as const) {
    for (const { value, code, label } of refusals(MESSAGE_ROWS[member] as AnyRule, member)) {
      assert.throws(() => port.bodies({ topic: "t", [member]: value }), { code }, label);
    }
  }
  for (const { value, code, label } of refusals(MESSAGE_ROWS.body as AnyRule, "body")) {
    if (typeof value !== "string") {
      assert.throws(() => bodies.accept(value as never), { code }, label);
    }
  }
  const long = new Uint8Array(store.info.geometry.segmentByteLength);
  assert.throws(() => bodies.accept(long), { code: "MESSAGE_TOO_LARGE" });
  assert.equal(store.info.writtenPosition, 0);
  await store.close();
  assert.throws(() => bodies.accept("late"), { code: "CLOSED" });
});

test("Store.appendAll() refuses a batch that no store can hold, with a code", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const many = Array<Message>(1_000_001).fill(message);
  await assert.rejects(store.appendAll(many, { atomic: true }), {
    name: "RangeError",
    code: "ERR_OUT_OF_RANGE",
    message: /^Cannot append batch: 1000001 messages are over the limit/,
  });
  assert.equal(store.info.writtenPosition, 0);
});

test("Store.append() refuses a topic of RocketMQ's inner batches, with a code", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  await using store = await openStore(golden.root, { trustDirectory: true });
  const { writtenPosition } = store.info;
  const batches = readdirSync(join(golden.root, "batchconsumequeue"));
  assert.ok(batches.length > 0);
  for (const topic of batches) {
    await assert.rejects(store.append({ topic, body: "one" }), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_VALUE",
      message: /its queues hold RocketMQ's inner batches/,
    });
  }
  assert.equal(store.info.writtenPosition, writtenPosition);
});

test("the table has the ranges that are told", () => {
  const geometry = OPEN_STORE.members.geometry as AnyRule & { readonly kind: "either" };
  const bags = [geometry.of[1], OPEN_STORE.members.tuning] as { members: object }[];
  const ranges = bags.flatMap(({ members }) => Object.entries<AnyRule>(members as never))
    .flatMap(([name, rule]) => rule.kind === "number" ? [[name, rule.expected]] : []);
  assert.deepEqual(ranges.sort(), [
    ["commitIntervalMs", "a whole number from 1 to 60000"],
    ["commitLeastPages", "a whole number from 0 to 16384"],
    ["commitThoroughIntervalMs", "a whole number from 1 to 600000"],
    ["flushIntervalMs", "a whole number from 1 to 60000"],
    ["flushLeastPages", "a whole number from 0 to 16384"],
    ["flushThoroughIntervalMs", "a whole number from 1 to 600000"],
    ["groupIntervalMs", "a whole number from 1 to 600000"],
    ["indexEntryCount", "a whole number from 2 to 100000000"],
    ["indexSlotCount", "a whole number from 1 to 100000000"],
    ["maxBodyByteLength", "a whole number from 1 to 4194304"],
    ["queueEntryCount", "a whole number from 1 to 100000000"],
    ["segmentByteLength", "a whole number from 4096 to 4294967296, a multiple of 4096"],
    ["stagingByteLength", "a whole number from 4096 to 67108864"],
  ]);
});

test("Store.append() never settles on a misspelt durability", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  class Options {
    get durability(): "flushed" {
      return "Flushed" as "flushed";
    }
  }
  for (const options of [{ durability: "Flushed" as never }, new Options()]) {
    await assert.rejects(store.append(message, options), {
      code: "ERR_INVALID_ARG_VALUE",
      message: 'Cannot append to store: durability is "Flushed", it must be "committed" or ' +
        '"flushed"; did you mean "flushed"?',
    });
  }
  assert.equal(store.info.writtenPosition, 0);
  await store.append(message, { durability: undefined });
  assert.equal(store.info.flushedPosition, store.info.writtenPosition);
});

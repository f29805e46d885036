/**
 * What a checkpoint gives back is what was saved, to the class and the last property; what cannot
 * be is refused with its place. A view brings its own bytes along, and not the buffer that it was
 * cut from.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { runInNewContext, runInThisContext } from "node:vm";
import { type Checkpoints, openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { checkpointProperties } from "../../../storage/layout/mod.ts";
import { giveBack, withCheckpoints } from "./saved_state.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/** Gives the length of the newest checkpoint. */
async function storedByteLength(checkpoints: Checkpoints<unknown>): Promise<number> {
  return (await checkpoints.list())[0].byteLength;
}

class Counter extends Map<string, number> {}
class Tags extends Set<string> {}
class Stack extends Array<number> {}
class Day extends Date {}
class Pattern extends RegExp {}
class Bytes extends Uint8Array {}
class Point {
  x = 1;
}

/** Hangs a property on something. */
function withExtra<T extends object>(thing: T, name: PropertyKey = "extra"): T {
  return Object.assign(thing, { [name]: "x" });
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(4);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function hidden(): object {
  return Object.defineProperty({ a: 1 }, "secret", { value: 2, enumerable: false });
}

function moved(): RegExp {
  const pattern = /a/g;
  pattern.test("a");
  return pattern;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A thing whose members nobody can list. */
function silent(): object {
  return new Proxy({ a: 1 }, {
    ownKeys() {
      throw new Error("a trap");
    },
  });
}

/** More elements than are worth listing. */
const LONG = 70_000;

const REFUSED: readonly [string, unknown, string][] = [
  ["a Map's subclass", new Counter(), "an object of class Counter"],
  ["a Set's subclass", new Tags(), "an object of class Tags"],
  ["an Array's subclass", Stack.from([1]), "an object of class Stack"],
  ["a Date's subclass", new Day(5), "an object of class Day"],
  ["a RegExp's subclass", new Pattern("a"), "an object of class Pattern"],
  [
    "a Uint8Array's subclass",
    new Bytes(2),
    "an object of class Bytes, copy it: new Uint8Array(bytes)",
  ],
  ["a class", new Point(), "an object of class Point"],
  ["a Buffer", Buffer.from("hi"), "an object of class Buffer, copy it: new Uint8Array(bytes)"],
  ["an Error", new Error("e"), "an object of class Error"],
  ["a WeakMap", new WeakMap(), "an object of class WeakMap"],
  ["a Promise", Promise.resolve(1), "an object of class Promise"],
  ["a function", () => 1, "a function"],
  ["a symbol", Symbol("s"), "a symbol"],
  ["an iterator", [1][Symbol.iterator](), "an object "],
  ["another prototype", Object.create({ inherited: 1 }), "an object with a prototype of its own"],
  ["another realm's Map", runInNewContext("new Map()"), "an object of class Map"],
  [
    "arguments",
    runInThisContext("(function () { return arguments; })(1)"),
    "an object with a prototype of its own",
  ],
  ["a name on an array", withExtra([1, 2]), 'an Array with the property "extra"'],
  ["a name on a sparse array", withExtra([1, , 3]), 'an Array with the property "extra"'],
  ["a symbol on an array", withExtra([1], Symbol("s")), "an Array with the property Symbol(s)"],
  ["a name on a Map", withExtra(new Map()), 'a Map with the property "extra"'],
  ["a name on a Set", withExtra(new Set()), 'a Set with the property "extra"'],
  ["a name on a Date", withExtra(new Date(5)), 'a Date with the property "extra"'],
  ["a name on bytes", withExtra(new Uint8Array(2)), 'a Uint8Array with the property "extra"'],
  [
    "a name on many bytes",
    withExtra(new Uint8Array(LONG)),
    "a Uint8Array with properties beside its elements",
  ],
  [
    "a symbol on many numbers",
    withExtra(new Float64Array(LONG).fill(NaN), Symbol("s")),
    "a Float64Array with properties beside its elements",
  ],
  [
    "a length that many bytes say of themselves",
    Object.defineProperty(new Uint8Array(LONG), "byteLength", { value: 3 }),
    "a Uint8Array with properties beside its elements",
  ],
  ["a Proxy of a Map", new Proxy(new Map(), {}), "an object that cannot be looked at, a Proxy"],
  ["a Proxy of a Set", new Proxy(new Set(), {}), "an object that cannot be looked at, a Proxy"],
  ["a Proxy of a URL", new Proxy(new URL("http://a/"), {}), "an object that cannot be looked at,"],
  [
    "a Proxy of a buffer",
    new Proxy(new ArrayBuffer(1), {}),
    "an object that cannot be looked at, a Proxy",
  ],
  [
    "a Proxy of a DataView",
    new Proxy(new DataView(new ArrayBuffer(1)), {}),
    "an object that cannot be looked at,",
  ],
  ["a Proxy of a Date", new Proxy(new Date(5), {}), "an object of class Date"],
  ["a Proxy of bytes", new Proxy(new Uint8Array(1), {}), "an object of class Uint8Array"],
  ["a Proxy that was revoked", revoked(), "an object that cannot be looked at, a Proxy"],
  [
    "a Proxy whose trap throws",
    silent(),
    'an object that cannot be looked at, a Proxy perhaps ("a',
  ],
  ["what only looks like a Map", Object.create(Map.prototype), "an object that cannot be looked"],
  ["a symbol on a URL", withExtra(new URL("http://a/"), Symbol("s")), "a URL with the property Sy"],
  ["shared memory itself", new SharedArrayBuffer(4), "an object of class SharedArrayBuffer"],
  [
    "a DataView of what is gone",
    (() => {
      const view = new DataView(new ArrayBuffer(4));
      structuredClone(view.buffer, { transfer: [view.buffer] });
      return view;
    })(),
    "a view whose bytes were transferred",
  ],
  ["a name far beyond an array", withExtra([1], "4294967295"), "an Array with the property"],
  ["a boxed bigint", Object(1n), "an object of class BigInt"],
  ["a name on a RegExp", withExtra(/a/), 'a RegExp with the property "extra"'],
  ["a name on a URL", withExtra(new URL("http://a/")), 'a URL with the property "extra"'],
  ["a name on a text object", withExtra(new String("ab")), 'a String with the property "extra"'],
  ["a RegExp under way", moved(), "a RegExp with lastIndex 1"],
  ["a symbol key", { [Symbol("s")]: 1 }, "an object with the property Symbol(s)"],
  ["a hidden property", hidden(), 'an object with the property "secret"'],
  ["__proto__ as a name", JSON.parse('{"__proto__":1}'), 'an object with the property "__proto__"'],
  ["shared memory", new Uint8Array(new SharedArrayBuffer(4)), "a view of shared memory"],
  [
    "a resizable buffer",
    new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 })),
    "a view of a resizable buffer",
  ],
  ["bytes that are gone", detached(), "a view whose bytes were transferred"],
];

for (const [name, value, what] of REFUSED) {
  test(`Checkpoints.save() refuses ${name} in a state, with its place`, async () => {
    await withCheckpoints(async (checkpoints) => {
      const places: [string, unknown][] = [
        ["it", value],
        [".a.b[1]", { a: { b: [0, value] } }],
        ['.m.get("k")', { m: new Map([["k", value]]) }],
        ["a value in the set .s", { s: new Set([value]) }],
      ];
      for (const [place, state] of places) {
        await assert.rejects(checkpoints.save({ offsets: {}, state }), (error: Error) => {
          assert.ok(error instanceof TypeError);
          assert.ok(
            error.message.startsWith(`Cannot save state: ${place} is ${what}`),
            error.message,
          );
          return true;
        });
      }
      assert.equal(await checkpoints.newest(), undefined);
    });
  });
}

test("Checkpoints.save() refuses accessors and hidden elements, and calls none of them", async () => {
  await withCheckpoints(async (checkpoints) => {
    const getter = () => assert.fail("a getter was called");
    const list = Object.defineProperty([1, 2], 1, { get: getter, enumerable: true });
    const sealed = Object.defineProperty([1, 2], 1, { value: 2, enumerable: false });
    const states: [unknown, RegExp][] = [
      [Object.defineProperty({}, "a", { get: getter, enumerable: true }), /: \.a is an accessor;/],
      [{ list }, /: \.list\[1\] is an accessor;/],
      [{ sealed }, /: \.sealed\[1\] is a property that is not enumerable;/],
      [{ then: () => 1 }, /: \.then is a function;/],
    ];
    for (const [state, message] of states) {
      await assert.rejects(checkpoints.save({ offsets: {}, state }), {
        name: "TypeError",
        message,
      });
    }
  });
});

test("Checkpoints.latest() gives back everything else as it was", async () => {
  await withCheckpoints(async (checkpoints) => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    const cycle: Record<string, unknown> = { then: 5, constructor: 1 };
    cycle.self = cycle;
    const state = {
      bare,
      cycle,
      zero: -0,
      list: [NaN, undefined, , 10n ** 30n, -Infinity],
      sparse: Object.assign([], { 5000: "far" }),
      text: "\ufeff\ud800 lone",
      when: new Date(5),
      pattern: /a\/b/giu,
      at: new URL("http://a/b?c=d"),
      boxed: [Object("s"), Object(1), Object(true)],
      views: [
        new Float32Array([NaN, -0, 1.5]),
        new BigInt64Array([-1n]),
        new DataView(new ArrayBuffer(3)),
      ],
      maps: new Map<unknown, unknown>([[NaN, 1], [undefined, new Set([-0, "a"])], [
        new Date(1),
        null,
      ]]),
    };
    const back = await giveBack(checkpoints, state) as typeof state;
    assert.deepEqual(back, state);
    assert.equal(Object.getPrototypeOf(back.bare), null);
    assert.equal(back.cycle.self, back.cycle);
    assert.ok(!(2 in back.list), "A hole stays a hole");
    assert.equal(back.text, state.text);
    assert.ok(Number.isNaN((await giveBack(checkpoints, new Date(NaN)) as Date).getTime()));
  });
});

test("Checkpoints.save() stores a view as its own bytes", async () => {
  await withCheckpoints(async (checkpoints) => {
    const whole = new Uint8Array(1024 * 1024).map((_, index) => index);
    const views = {
      bytes: whole.subarray(3, 7),
      words: new Uint16Array(whole.buffer, 8, 2),
      view: new DataView(whole.buffer, 100, 3),
      none: whole.subarray(9, 9),
    };
    const back = await giveBack(checkpoints, views) as typeof views;
    assert.deepEqual(back, views);
    assert.ok(await storedByteLength(checkpoints) < 300, "Nothing else is stored");
    const byteLengths = Object.values(back).map(({ buffer }) => buffer.byteLength);
    assert.deepEqual(byteLengths, [4, 4, 3, 0]);
    back.bytes.fill(0);
    assert.deepEqual(back.words, views.words);
  });
});

test("Checkpoints.save() stores bodies of a batch without their neighbours", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.appendAll(
    Array.from({ length: 60 }, (_, index) => ({ topic: "t", body: `body ${index}` })),
  );
  const checkpoints = await openCheckpoints<unknown>(store, "state");
  const messages = await store.queue("t").readBatch({ limit: 60 });
  const state = new Map(
    messages.filter((_, index) => index % 20 === 0).map(({ offset, body }) => [offset, body]),
  );
  const back = await giveBack(checkpoints, state) as typeof state;
  assert.deepEqual(back, state);
  assert.ok(
    await storedByteLength(checkpoints) < 300,
    "Three bodies are stored, and not sixty records",
  );
});

test("Checkpoints.save() keeps what is one in the state one, and refuses bytes in common", async () => {
  await withCheckpoints(async (checkpoints) => {
    const buffer = new ArrayBuffer(8);
    const bytes = new Uint8Array(buffer);
    const part = bytes.subarray(2, 6);
    const back = await giveBack(checkpoints, {
      bytes,
      view: new DataView(buffer),
      buffer,
      again: bytes,
    }) as {
      bytes: Uint8Array;
      view: DataView;
      buffer: ArrayBuffer;
      again: Uint8Array;
    };
    assert.equal(back.again, back.bytes);
    assert.equal(back.view.buffer, back.bytes.buffer);
    assert.equal(back.buffer, back.bytes.buffer);

    const apart = [bytes.subarray(0, 2), bytes.subarray(6), part, part, bytes.subarray(3, 3)];
    assert.deepEqual(await giveBack(checkpoints, apart), apart);

    const message = /is a (view|buffer) of bytes that another view in the state has, too;/;
    for (
      const state of [
        [part, bytes],
        [bytes, part],
        [part, buffer],
        [part, bytes.subarray(5, 7)],
        [part, bytes.subarray(0, 3)],
        [part, bytes.subarray(3, 4)],
        [bytes.subarray(3, 4), part],
        [part, new DataView(buffer, 2, 4)],
      ]
    ) {
      await assert.rejects(checkpoints.save({ offsets: {}, state }), {
        name: "TypeError",
        message,
      });
    }
  });
});

test("Checkpoints.save() takes state and outputs as they are at the call, from iterators too", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const checkpoints = await openCheckpoints<unknown>(store, "state");
  function* outputs() {
    const body = new Uint8Array(1);
    for (const letter of [0x61, 0x62, 0x63]) {
      body[0] = letter;
      yield { topic: "out", body };
    }
    body[0] = 0x21;
  }
  const state = { bytes: new Uint8Array([1]) };
  const last = { topic: "out", body: new TextEncoder().encode("d"), keys: ["d"] };
  const saves = [
    checkpoints.save({ offsets: {}, state, outputs: outputs() }),
    checkpoints.save({ offsets: {}, state, outputs: [last] }),
  ];
  state.bytes[0] = 2;
  last.keys[0] = "no";
  last.topic = "elsewhere";
  structuredClone(last.body.buffer, { transfer: [last.body.buffer] });
  await Promise.all(saves);
  const stored = await store.queue("out").readBatch({ limit: 10 });
  assert.deepEqual(stored.map((message) => message.text()), ["a", "b", "c", "d"]);
  assert.deepEqual(stored[3].keys, ["d"]);
  assert.deepEqual((await checkpoints.newest())!.state, { bytes: new Uint8Array([1]) });
});

test("Checkpoints.save() refuses an output before it does anything", async () => {
  await withCheckpoints(async (checkpoints) => {
    const outputs = [{ topic: "out", body: "good" }, { topic: "out", body: detached() }];
    const save = checkpoints.save({ offsets: {}, state: 1, outputs });
    await assert.rejects(save, {
      name: "TypeError",
      message: /^Cannot store message: the buffer of body is detached/,
    });
    assert.equal((await checkpoints.save({ offsets: {}, state: 2 })).id, 1);
  });
});

test("Checkpoints.keep() stores again what an older release stored", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const header = JSON.stringify({ format: 1, encoding: "devalue", positions: {} });
  const views = '[[1,2],["Uint8Array",3],["Uint8Array",3,1,2],["ArrayBuffer","AQIDBA=="]]';
  const body = `${header}\n${views}`;
  const properties = checkpointProperties({
    SB_CHECKPOINT: "1",
    SB_CHECKPOINT_PART: "0/1",
    SB_CHECKPOINT_STATE: "live",
    SB_CHECKPOINT_BYTES: `${body.length}`,
  });
  await store.append({ topic: "STREAMBED_JOB_state", body, properties }, { durability: "flushed" });
  const checkpoints = await openCheckpoints<unknown>(store, "state");
  await checkpoints.keep(1);
  const latest = await checkpoints.newest();
  assert.deepEqual(latest?.state, [new Uint8Array([1, 2, 3, 4]), new Uint8Array([2, 3])]);
  assert.equal(store.queue("STREAMBED_JOB_state").endOffset, 2);
});

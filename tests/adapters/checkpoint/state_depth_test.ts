/**
 * How deep a state may be nested: what one runtime writes each other one can read. And what is said
 * of what cannot be read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePayload } from "../../../adapters/checkpoint/payload.ts";
import { stringifyState } from "../../../adapters/checkpoint/state_text.ts";
import { giveBack, withCheckpoints } from "./saved_state.ts";

/** Puts one thing into another, again and again. */
function nest(count: number, wrap: (inner: unknown) => unknown, innermost: unknown = 0): unknown {
  let state = innermost;
  for (let level = 0; level < count; level++) state = wrap(state);
  return state;
}

const WRAPS: Readonly<Record<string, (inner: unknown) => unknown>> = {
  objects: (inner) => ({ first: 0, inner, last: {} }),
  lists: (inner) => [[], inner, []],
  "values of maps": (inner) => new Map<unknown, unknown>([[{ deep: { key: 0 } }, inner], [1, {}]]),
  "keys of maps": (inner) => new Map([[inner, {}]]),
  sets: (inner) => new Set([{}, inner, []]),
};

for (const [name, wrap] of Object.entries(WRAPS)) {
  test(`Checkpoints.save() takes ${name} that are nested 1000 levels deep, and says so of more`, async () => {
    await withCheckpoints(async (checkpoints) => {
      // The empty things beside the innermost stand a level deeper than what holds them.
      const back = await giveBack(checkpoints, nest(997, wrap));
      assert.equal(JSON.stringify(depthOf(back)), "997");
      await assert.rejects(checkpoints.save({ offsets: {}, state: nest(1001, wrap) }), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_VALUE",
        message: /^Cannot save state: .{1,230} is nested more than 1000 levels deep; keep what is /,
      });
      await assert.rejects(checkpoints.save({ offsets: {}, state: nest(100_000, wrap) }), {
        message: /is nested more than 1000 levels deep/,
      });
      assert.equal((await checkpoints.list()).length, 1, "Nothing else was written");
    });
  });
}

/** How often something was put into something else. */
function depthOf(state: unknown): number {
  let depth = 0;
  for (let inner = state; inner !== 0; depth++) {
    if (inner instanceof Map) {
      const [key, value] = inner.entries().next().value!;
      inner = typeof key === "object" && "deep" in key ? value : key;
    } else if (inner instanceof Set) inner = [...inner][1];
    else inner = Array.isArray(inner) ? inner[1] : (inner as { inner: unknown }).inner;
  }
  return depth;
}

test("Checkpoints.save() counts levels, and not what was there before", async () => {
  await withCheckpoints(async (checkpoints) => {
    const shared = { a: { b: 1 } };
    const state = [
      Array.from(
        { length: 1200 },
        (_, index) => ({ index, list: [[shared]], bytes: new Uint8Array(1) }),
      ),
      new Map(Array.from({ length: 1200 }, () => [{ key: { shared } }, { value: [shared] }])),
      new Map<unknown, unknown>([[{ shared, more: [{}] }, shared], [[shared], [[]]]]),
      new Set(Array.from({ length: 1200 }, () => [[]])),
    ];
    assert.deepEqual(await giveBack(checkpoints, state), state);
  });
});

test("stringifyState() says so where there is no stack left", () => {
  const state = nest(900, (inner) => [inner]);
  const messages: string[] = [];
  const tryHere = (): boolean => {
    try {
      stringifyState(state);
      return true;
    } catch (error) {
      messages.push((error as Error).message);
      return false;
    }
  };
  // Down to where nothing can be called any more, and up again until there is room for all of it.
  const dive = (): boolean => {
    try {
      if (dive()) return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    return tryHere();
  };
  assert.ok(dive());
  const told = messages.filter((message) =>
    /^Cannot save state: it is nested too deep for what is left of the stack; keep /.test(message)
  );
  assert.ok(told.length > 10, `${told.length} of ${messages.length}`);
});

test("decodePayload() says of a state that is nested too deep for this thread what it is", () => {
  const count = 1_000_000;
  const levels = Array.from({ length: count }, (_, index) => `[${index + 1}]`).join();
  const text = `{"format":1,"encoding":"devalue","positions":{}}\n[${levels},[]]`;
  assert.deepEqual(decodePayload(new TextEncoder().encode(text)), {
    kind: "damaged",
    detail: "its state cannot be parsed (it is nested too deep for the stack of this thread)",
  });
});

for (const [name, value] of [["Float16Array", '["ArrayBuffer","AAA="]'], ["Temporal", "0"]]) {
  test(`decodePayload() says that a state holds ${name} where the runtime has none`, () => {
    const kept = Object.getOwnPropertyDescriptor(globalThis, name);
    const tag = name === "Temporal" ? '["Temporal.Instant","1970-01-01T00:00Z"]' : `["${name}",1]`;
    const text = `{"format":1,"encoding":"devalue","positions":{}}\n[${tag},${value}]`;
    try {
      Reflect.deleteProperty(globalThis, name);
      assert.equal(name in globalThis, false);
      assert.deepEqual(decodePayload(new TextEncoder().encode(text)), {
        kind: "damaged",
        detail: `its state cannot be parsed (it holds ${name}, which this runtime does not have)`,
      });
    } finally {
      if (kept !== undefined) Object.defineProperty(globalThis, name, kept);
    }
    if (kept !== undefined) {
      assert.equal(decodePayload(new TextEncoder().encode(text)).kind, "payload");
    }
  });
}

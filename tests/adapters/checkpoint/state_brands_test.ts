/**
 * What hangs on bytes that are too many to list their names, and what of a state is not kept.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasExtras, loadComparison } from "../../../adapters/checkpoint/state_brands.ts";
import { giveBack, withCheckpoints } from "./saved_state.ts";

const KINDS: readonly (() => ArrayBufferView)[] = [
  () => new Uint8Array(100_000).subarray(3),
  () => new Float64Array(100_000).fill(NaN),
  () => new BigInt64Array(70_000),
];

function assertTold(): void {
  for (const make of KINDS) {
    const has = (change: (view: ArrayBufferView) => void) => {
      const view = make();
      change(view);
      return hasExtras(view as Uint8Array);
    };
    assert.equal(has(() => {}), false);
    assert.equal(has((view) => Object.assign(view, { name: 1 })), true);
    assert.equal(has((view) => Object.assign(view, { [Symbol("s")]: 1 })), true);
    const hidden = (view: ArrayBufferView) =>
      Object.defineProperty(view, Symbol("s"), { value: 1, enumerable: false });
    assert.equal(has(hidden), true);
    for (const name of ["buffer", "byteLength", "byteOffset", "length"]) {
      assert.equal(has((view) => Object.defineProperty(view, name, { value: 1 })), true, name);
    }
  }
}

test("hasExtras() tells what hangs on a typed array, whether its comparison is loaded or not", async () => {
  assertTold();
  await loadComparison();
  assertTold();
});

test("Checkpoints.latest() gives back what is not kept of a state as docs/adapters.md says", async () => {
  await withCheckpoints(async (checkpoints) => {
    const at = new URL("http://a/?b=c");
    const state = {
      frozen: Object.freeze([1]),
      fixed: Object.defineProperty({}, "a", { value: 1, enumerable: true }),
      seen: new Proxy({ a: 1 }, {}),
      long: new Uint8Array(70_000),
    };
    const back = await giveBack(checkpoints, state) as typeof state;
    assert.deepEqual(back, state);
    const pair = await giveBack(checkpoints, { at, search: at.searchParams }) as {
      at: URL;
      search: URLSearchParams;
    };
    assert.deepEqual([Object.isFrozen(state.frozen), Object.isFrozen(back.frozen)], [true, false]);
    assert.equal(Object.getOwnPropertyDescriptor(back.fixed, "a")!.writable, true);
    pair.at.search = "?d=e";
    assert.equal(`${pair.search}`, "b=c", "They come back apart");
  });
});

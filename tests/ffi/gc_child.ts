/**
 * Collects garbage while calls on other threads are under way, and says whether their buffers are
 * still there; then again when the calls are over. Needs `--v8-flags=--expose-gc`.
 *
 * @module
 */
import { makeLibc } from "../../ffi/calls.ts";
import type { RawCalls } from "../../ffi/symbols.ts";

declare function gc(): void;

const buffers: WeakRef<Uint8Array>[] = [];
const { promise: end, resolve: finish } = Promise.withResolvers<number>();

/** Stands for a call on another thread: it knows where the buffers are, and keeps nothing alive. */
function underWay(...args: readonly (Uint8Array | number | null)[]): Promise<number> {
  for (const value of args) {
    if (value instanceof Uint8Array) buffers.push(new WeakRef(value));
  }
  return end;
}

const calls: Partial<RawCalls> = {
  getpagesize: () => 4096,
  pwriteAsync: underWay,
  sendfileAsync: underWay,
  ppollAsync: underWay,
};
const libc = makeLibc({
  calls: calls as RawCalls,
  errno: () => 0,
  runtime: "Fake 1",
  memoryViewer: () => undefined,
  denied: () => undefined,
}, "x86-64");

const pending = [
  libc.pwriteAsync(1, new Uint8Array(1000), 0),
  libc.sendfileAsync(1, 2, 0, 10),
  libc.pollAsync(1, 10),
];
console.log("under way", await collect());
finish(0);
await Promise.all(pending);
pending.length = 0;
console.log("over", await collect());

/** Counts the buffers that survive a collection. */
async function collect(): Promise<number> {
  // What a WeakRef gave is kept until the end of the job.
  await new Promise((resolve) => setTimeout(resolve, 0));
  gc();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return buffers.filter((buffer) => buffer.deref() !== undefined).length;
}

/**
 * The order of stores on the mapped path: a process killed between any two of them, or in the
 * middle of one, leaves whole records and behind them none that has a size.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failed, type Libc, loadLibc, type Mapping } from "../../../ffi/mod.ts";
import { MappedPath } from "../../../storage/log/mod.ts";
import { openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import type { ActiveSegment } from "../../../storage/log/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;

/**
 * One change of mapped memory: bytes that were copied to an offset, or a size word that was stored
 * there.
 */
type Change =
  | { readonly kind: "copy"; readonly from: number; readonly bytes: Uint8Array }
  | { readonly kind: "publish"; readonly from: number };

/** A libc whose writable mappings of segments note every change. */
function noting(libc: Libc, changes: Change[]): Libc {
  const real = new Map<Mapping, Mapping>();
  const unwrap = (mapping: Mapping) => real.get(mapping) ?? mapping;
  return overrideLibc(libc, {
    mmap(descriptor, byteLength, how) {
      const mapping = libc.mmap(descriptor, byteLength, how);
      if (failed(mapping) || !how.write || byteLength % SEGMENT_BYTE_LENGTH !== 0) return mapping;
      const noted = noteChanges(mapping, changes);
      real.set(noted, mapping);
      return noted;
    },
    munmap: (mapping) => libc.munmap(unwrap(mapping)),
    madvise: (mapping, ...rest) => libc.madvise(unwrap(mapping), ...rest),
    madviseAsync: (mapping, ...rest) => libc.madviseAsync(unwrap(mapping), ...rest),
    msyncAsync: (mapping, ...rest) => libc.msyncAsync(unwrap(mapping), ...rest),
  });
}

function noteChanges(mapping: Mapping, changes: Change[]): Mapping {
  return new Proxy(mapping, {
    get(target, name) {
      if (name === "copyIn") {
        return (offset: number, source: Uint8Array, from = 0, to: number = source.length) => {
          changes.push({ kind: "copy", from: offset, bytes: source.slice(from, to) });
          target.copyIn(offset, source, from, to);
        };
      }
      if (name === "setI32" || name === "publishI32") {
        return (offset: number, value: number) => {
          changes.push({ kind: "publish", from: offset });
          target[name](offset, value);
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function changesOf(isAtomic: boolean): Promise<{ changes: Change[]; starts: number[] }> {
  await using directory = await temporaryDirectory();
  const changes: Change[] = [];
  const environment = systemEnvironment(noting(await loadLibc(), changes));
  await using store = await openStoreIn(environment, directory.path, {
    writePath: "mapped",
    durability: "committed",
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  const messages = Array.from({ length: 20 }, () => ({ topic: "T", body: "b".repeat(500) }));
  const results = await store.appendAll(messages, { atomic: isAtomic });
  return { changes: [...changes], starts: Array.from(results, ({ position }) => position) };
}

test("MappedPath.write() copies records without their sizes, and stores these in order behind the copy", async () => {
  const { changes, starts } = await changesOf(false);
  const copied: number[] = [];
  const published: number[] = [];
  for (const change of changes) {
    if (change.kind === "publish") {
      assert.ok(copied.includes(change.from), "A size is stored behind its record");
      published.push(change.from);
      continue;
    }
    const { from, bytes } = change;
    const view = new DataView(bytes.buffer);
    const touched = starts.filter((start) => from <= start && start < from + bytes.length);
    for (const start of touched) {
      assert.equal(view.getInt32(start - from), 0, "No size comes along");
    }
    copied.push(...touched);
  }
  assert.deepEqual(copied, starts);
  assert.deepEqual(published, starts);
});

test("MappedPath.write() stores the first size of a batch last", async () => {
  const { changes, starts } = await changesOf(true);
  assert.deepEqual(changes.map(({ kind, from }) => [kind, from]), [
    ["copy", starts[0]],
    ["publish", starts[0]],
  ]);
  const [copied] = changes;
  assert.ok(copied.kind === "copy");
  assert.deepEqual([...copied.bytes.subarray(0, 4)], [0, 0, 0, 0]);
  assert.notEqual(new DataView(copied.bytes.buffer).getInt32(starts[1] - starts[0]), 0);
});

test("MappedPath.write() leaves what is staged as it was when a copy fails", async () => {
  const libc = await loadLibc();
  const source = new Uint8Array(64);
  const view = new DataView(source.buffer);
  view.setInt32(0, 40);
  view.setInt32(40, 24);
  const before = source.slice();
  const segment = {
    byteLength: 4096,
    populator: { populate: () => 0, askFor() {} },
    mapping: {
      copyIn() {
        throw new RangeError("Cannot copy: out of range");
      },
    },
  } as unknown as ActiveSegment;
  assert.throws(() => new MappedPath(libc).write(segment, 0, source, false), RangeError);
  assert.deepEqual(source, before);
});

test("MappedPath.write() writes what is long, and what is close behind it, into the same file, and goes on in the mapping", async () => {
  await using directory = await temporaryDirectory();
  const changes: Change[] = [];
  const environment = systemEnvironment(noting(await loadLibc(), changes));
  await using store = await openStoreIn(environment, directory.path, {
    writePath: "mapped",
    durability: "flushed",
    geometry: { segmentByteLength: 64 * SEGMENT_BYTE_LENGTH },
  });
  const text = (id: number) => `${id} ${"b".repeat(1000)}`;
  const messages = (from: number, count: number) =>
    Array.from({ length: count }, (_, id) => ({ topic: "T", body: text(from + id) }));
  await store.appendAll(messages(0, 10));
  const small = changes.length;
  await store.appendAll(messages(10, 1000));
  await store.appendAll(messages(1010, 10));
  await store.appendAll(messages(1020, 10));
  assert.equal(changes.length, small, "The mapping is not touched");
  await store.appendAll(messages(1030, 10));
  assert.ok(changes.length > small);
  const read = await Array.fromAsync(store.queue("T").read());
  assert.deepEqual(
    read.map((message) => message.text()),
    messages(0, 1040).map(({ body }) => body),
  );
});

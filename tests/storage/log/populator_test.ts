/**
 * The pages of a mapped segment are made present ahead, and never under an unmapping.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, failed, type Libc, loadLibc, type Mapping } from "../../../ffi/mod.ts";
import { openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { Populator } from "../../../storage/log/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const MEBIBYTE = 1024 * 1024;

/** A mapping that nobody touches: the calls on it are answered by the test. */
const MAPPING = { byteLength: 7 * MEBIBYTE } as Mapping;

interface Asked {
  readonly from: number;
  readonly byteLength: number;
  answer(outcome: 0 | Errno): void;
}

async function answering(): Promise<{ libc: Libc; asked: Asked[] }> {
  const asked: Asked[] = [];
  const libc = overrideLibc(await loadLibc(), {
    madviseAsync: (_mapping, from, byteLength) =>
      new Promise((answer) => asked.push({ from, byteLength, answer })),
  });
  return { libc, asked };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

test("Populator.askFor() asks for one piece after the other, up to the end of the segment", async () => {
  const { libc, asked } = await answering();
  const populator = new Populator(libc, MAPPING);
  populator.askFor(0, 100 * MEBIBYTE);
  for (let count = 1; count <= 4; count++) {
    assert.equal(asked.length, count);
    asked[count - 1].answer(0);
    await turn();
  }
  await populator.settled();
  const ranges = asked.map(({ from, byteLength }) => [from / MEBIBYTE, byteLength / MEBIBYTE]);
  assert.deepEqual(ranges, [[0, 2], [2, 2], [4, 2], [6, 1]]);
});

test("Populator.askFor() leaves out what the writer made present himself", async () => {
  const { libc, asked } = await answering();
  const populator = new Populator(libc, MAPPING);
  populator.askFor(0, 4 * MEBIBYTE);
  populator.askFor(5 * MEBIBYTE, 6 * MEBIBYTE);
  asked[0].answer(0);
  await turn();
  asked[1].answer(0);
  await populator.settled();
  assert.deepEqual(asked.map(({ from }) => from), [0, 5 * MEBIBYTE]);
});

test("Populator.askFor() gives up where the other thread is refused, and tries again when it is asked again", async () => {
  const { libc, asked } = await answering();
  const populator = new Populator(libc, MAPPING);
  populator.askFor(0, 6 * MEBIBYTE);
  asked[0].answer(new Errno("EUNKNOWN", 0, "madvise"));
  await populator.settled();
  assert.equal(asked.length, 1);
  populator.askFor(2 * MEBIBYTE, 4 * MEBIBYTE);
  assert.equal(asked.length, 2);
  asked[1].answer(new Errno("EUNKNOWN", 0, "madvise"));
  await populator.settled();
});

test("Populator.stop() waits for the piece under way and asks for no other", async () => {
  const { libc, asked } = await answering();
  const populator = new Populator(libc, MAPPING);
  populator.askFor(0, 6 * MEBIBYTE);
  let isStopped = false;
  const stopping = populator.stop().then(() => isStopped = true);
  await turn();
  assert.equal(isStopped, false);
  asked[0].answer(0);
  await stopping;
  assert.equal(asked.length, 1);
});

test("Populator.populate() takes a kernel that does not know the advice for one that has done it", async () => {
  const libc = await loadLibc();
  const refusing = (code: string) =>
    new Populator(
      overrideLibc(libc, { madvise: () => new Errno(code, 1, "madvise") }),
      MAPPING,
    );
  assert.equal(refusing("EINVAL").populate(0, 4096), 0);
  const outcome = refusing("EFAULT").populate(0, 4096);
  assert.ok(failed(outcome) && outcome.code === "EFAULT");
});

test("Store.close() unmaps no segment while another thread works on its pages", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  const busy = new Set<Mapping>();
  const release = Promise.withResolvers<void>();
  let pulled = 0;
  const watched = overrideLibc(libc, {
    async madviseAsync(mapping, ...rest) {
      busy.add(mapping);
      const outcome = await libc.madviseAsync(mapping, ...rest);
      await release.promise;
      busy.delete(mapping);
      return outcome;
    },
    munmap(mapping) {
      if (busy.has(mapping)) pulled++;
      return libc.munmap(mapping);
    },
  });
  const store = await openStoreIn(systemEnvironment(watched), directory.path, {
    writePath: "mapped",
    durability: "committed",
    geometry: { segmentByteLength: 16 * MEBIBYTE },
  });
  // Short enough to be stored into the mapping.
  for (let count = 0; count < 20; count++) {
    await store.append({ topic: "T", body: new Uint8Array(5000) });
  }
  assert.ok(busy.size > 0, "Pages are being made present");
  const closing = store.close();
  // Long enough for a close that waits for nothing.
  setTimeout(() => release.resolve(), 300);
  await closing;
  assert.equal(pulled, 0);
});

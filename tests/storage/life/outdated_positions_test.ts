/**
 * A reader that finds in `streambed/positions` what is not the word of the writer beside it: the
 * file is never synced, and a writer that starts has not written it yet.
 *
 * Tests: `positions_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Descriptor, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { encodePositions, type StreambedPositions } from "../../../storage/layout/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS: OpenStoreOptions = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
};
const FAR = 50_000;

/** A machine on which `streambed/positions` holds something else, for a while. */
class OtherPositions {
  readonly libc: Libc;
  isShown = true;
  readonly #files = new Set<Descriptor>();

  constructor(libc: Libc, content: Pick<StreambedPositions, "epoch" | "committedPosition">) {
    const record = new Uint8Array(64);
    const { epoch, committedPosition } = content;
    encodePositions(record, {
      epoch,
      committedPosition,
      flushedPosition: committedPosition,
      earliestPosition: 0,
    });
    this.libc = overrideLibc(libc, {
      openat2: (directory, path, how) => {
        const descriptor = libc.openat2(directory, path, how);
        const isPositions = path === "streambed/positions" && typeof descriptor === "number";
        if (isPositions) this.#files.add(descriptor);
        return descriptor;
      },
      close: (descriptor) => {
        this.#files.delete(descriptor);
        return libc.close(descriptor);
      },
      pread: (descriptor, target, position) => {
        if (!this.isShown || !this.#files.has(descriptor)) {
          return libc.pread(descriptor, target, position);
        }
        target.set(record);
        return record.length;
      },
    });
  }
}

async function append(store: Store, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await store.append({ topic: "T", body: `${index}` });
}

/** A writer in its second life: its epoch is 2, and what the first one wrote is below its mark. */
async function secondWriter(path: string): Promise<Store> {
  const first = await openStore(path, OPTIONS);
  await append(first, 0, 3);
  await first.close();
  const second = await openStore(path, OPTIONS);
  await append(second, 3, 6);
  return second;
}

async function take(store: Store, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of store.queue("T").read({ follow: true, limit: count })) {
    texts.push(message.text());
  }
  return texts;
}

for (const committedPosition of [0, FAR]) {
  test(`openStore() beside a writer does not believe the ${committedPosition} of the writer before it`, async () => {
    await using directory = await temporaryDirectory();
    await using writer = await secondWriter(directory.path);
    const other = new OtherPositions(await loadLibc(), { epoch: 1, committedPosition });
    const environment = systemEnvironment(other.libc);
    await using reader = await openStoreIn(environment, directory.path, { readOnly: true });

    assert.deepEqual(await take(reader, 3), ["0", "1", "2"]);
    other.isShown = false;
    await append(writer, 6, 7);
    assert.deepEqual(await take(reader, 7), ["0", "1", "2", "3", "4", "5", "6"]);
  });
}

test("openStore() beside a writer that recovers does not miss what a power cut took from below the mark", async () => {
  await using directory = await temporaryDirectory();
  await using writer = await secondWriter(directory.path);
  const other = new OtherPositions(await loadLibc(), { epoch: 2, committedPosition: FAR });
  const libc = overrideLibc(other.libc, { bootId: () => "7b1d3cf6-2a5c-4c34-9f27-6b7c3d5a1e90" });
  const environment = systemEnvironment(libc);
  await using reader = await openStoreIn(environment, directory.path, { readOnly: true });

  assert.deepEqual(await take(reader, 6), ["0", "1", "2", "3", "4", "5"]);
  other.isShown = false;
  await append(writer, 6, 7);
  assert.deepEqual((await take(reader, 7)).slice(5), ["5", "6"]);
});

test("verifyStore() beside a writer does not take the word of the writer before it for the end of the log", async () => {
  await using directory = await temporaryDirectory();
  await using _writer = await secondWriter(directory.path);
  const other = new OtherPositions(await loadLibc(), { epoch: 1, committedPosition: 0 });
  const { damageCount, log } = await verifyStore(systemEnvironment(other.libc), directory.path);

  assert.deepEqual([damageCount, log.recordCount], [0, 6]);
});

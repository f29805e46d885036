/**
 * A segment that could not be prepared is made when it is needed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { openStoreIn, StoreError, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = { durability: "committed", geometry: { segmentByteLength: 64 * 1024 } } as const;
const MESSAGE = { topic: "T", body: new Uint8Array(30_000) };

test("Store.append() goes on over the border of a segment that could not be prepared, once there is room", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let isFull = false;
  let refusals = 0;
  const refuse = () => {
    refusals++;
    return new Errno("ENOSPC", 28, "fallocate");
  };
  const filling = overrideLibc(libc, {
    fallocateAsync: (...args: Parameters<Libc["fallocateAsync"]>) =>
      isFull ? Promise.resolve(refuse()) : libc.fallocateAsync(...args),
    fallocate: (...args: Parameters<Libc["fallocate"]>) =>
      isFull ? refuse() : libc.fallocate(...args),
  });
  await using store = await openStoreIn(systemEnvironment(filling), directory.path, OPTIONS);
  await store.append(MESSAGE);
  isFull = true;
  await store.append(MESSAGE);
  // The second segment was prepared before; the roll into it tries to prepare the third.
  await store.append(MESSAGE);
  while (refusals < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  isFull = false;
  for (let count = 0; count < 5; count++) await store.append(MESSAGE);
  assert.equal(store.queue("T").endOffset, 8);
});

test("Store.append() does not try again to prepare a segment that could not be synced", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let isFailing = false;
  const prepared: number[] = [];
  const failing = overrideLibc(libc, {
    fallocateAsync(...args: Parameters<Libc["fallocateAsync"]>) {
      prepared.push(args[0]);
      return libc.fallocateAsync(...args);
    },
    fsyncAsync(descriptor: number) {
      if (!isFailing || descriptor !== prepared.at(-1)) return libc.fsyncAsync(descriptor);
      isFailing = false;
      return Promise.resolve(new Errno("EIO", 5, "fsync"));
    },
  });
  const store = await openStoreIn(systemEnvironment(failing), directory.path, OPTIONS);
  await store.append(MESSAGE);
  await store.append(MESSAGE);
  isFailing = true;
  await assert.rejects(
    async () => {
      for (let count = 0; count < 10; count++) await store.append(MESSAGE);
    },
    (error) => StoreError.is(error, "DURABILITY_LOST") && error.reason === "sync-failed",
  );
  await store.close();
});

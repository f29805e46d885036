/**
 * What a store makes of its directory: the file system below it, the modes of what it makes, what
 * it maps, whose lock it finds.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { failed, type Libc, loadLibc, type Mapping } from "../../../ffi/mod.ts";
import { hasLiveWriter, openRoot } from "../../../storage/directory/mod.ts";
import { innerPortOf, openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SMALL = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100, maxBodyByteLength: 9000 },
};
const libc = await loadLibc();

/** A machine whose disks are of another kind. */
function onFileSystem(name: string): Libc {
  return overrideLibc(libc, {
    fstatfs(descriptor) {
      const real = libc.fstatfs(descriptor);
      return failed(real) ? real : { ...real, name };
    },
  });
}

for (
  const [name, durability] of [["tmpfs", "none"], ["ramfs", "none"], ["ext4", "flushed"]] as const
) {
  test(`Store.info says durability ${durability} on ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const environment = systemEnvironment(onFileSystem(name));
    await using store = await openStoreIn(environment, directory.path, SMALL);
    assert.equal(store.info.durability, durability);
  });
}

test("openStore() makes files and folders that nobody else can open", async () => {
  await using parent = await temporaryDirectory();
  const path = join(parent.path, "a", "store");
  {
    await using store = await openStore(path, SMALL);
    innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(1);
    await store.append({ topic: "t", body: "x", keys: "k" });
  }
  const names = readdirSync(path, { recursive: true }) as string[];
  assert.ok(names.length > 12, names.join(" "));
  for (const name of ["", "..", ...names]) {
    const status = statSync(join(path, name));
    const wanted = status.isDirectory() ? 0o700 : 0o600;
    assert.equal((status.mode & 0o777).toString(8), wanted.toString(8), name);
  }
});

for (const writePath of ["staged", "mapped"] as const) {
  test(`Whatever is mapped goes into no core dump and no forked child (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const { MADV_DONTDUMP, MADV_DONTFORK } = libc.constants;
    const advised = new Map<Mapping, number[]>();
    const watched = overrideLibc(libc, {
      mmap(...args) {
        const mapping = libc.mmap(...args);
        if (!failed(mapping)) advised.set(mapping, []);
        return mapping;
      },
      madvise(mapping, from, byteLength, advice) {
        if (from === 0 && byteLength === mapping.byteLength) advised.get(mapping)?.push(advice);
        return libc.madvise(mapping, from, byteLength, advice);
      },
    });
    const environment = systemEnvironment(watched);
    await using store = await openStoreIn(environment, directory.path, { ...SMALL, writePath });
    const body = new Uint8Array(8000);
    for (let count = 0; count < 10; count++) {
      await store.append({ topic: "t", body }, { durability: "committed" });
    }
    assert.equal((await store.queue("t").readBatch()).length, 10);
    assert.ok(advised.size > 0);
    for (const advice of advised.values()) {
      assert.deepEqual(
        [MADV_DONTDUMP, MADV_DONTFORK].filter((one) => !advice.includes(one)),
        [],
      );
    }
  });
}

test("hasLiveWriter() takes nobody for a writer of ours who locks as a process, as a broker does", async () => {
  await using directory = await temporaryDirectory();
  await using _store = await openStore(directory.path, SMALL);
  let holder: ReturnType<Libc["queryLock"]>;
  const asked = overrideLibc(libc, { queryLock: () => holder });
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  const root = openRoot(asked, directory.path, options);
  try {
    const { descriptor } = root.openFile("lock")!;
    holder = libc.queryLock(descriptor, "write", 0, 1, "description");
    libc.close(descriptor);
    assert.equal(hasLiveWriter(root), true, "The store that is open");
    holder = { processId: 4711 } as typeof holder;
    assert.equal(hasLiveWriter(root), false, "A broker");
    holder = undefined;
    assert.equal(hasLiveWriter(root), false, "Nobody");
  } finally {
    root.close();
  }
});

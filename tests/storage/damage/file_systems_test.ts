/**
 * File systems that other machines may change are known by their numbers, and not written to unless
 * the caller vouches for them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, fileSystemName, fileSystemReach, loadLibc } from "../../../ffi/mod.ts";
import { judgeDirectory } from "../../../cli/doctor/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { onFileSystem, REMOTE_FILE_SYSTEMS } from "../../support/file_systems.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "./damaged_store.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const libc = await loadLibc();

for (const [name, type] of REMOTE_FILE_SYSTEMS) {
  test(`openStore() writes on ${name} (0x${type.toString(16)}) only if the caller vouches`, async () => {
    assert.equal(fileSystemReach(type), "remote");
    assert.notEqual(fileSystemName(type), "unknown");
    await using directory = await temporaryDirectory();
    await (await openStore(directory.path, SMALL)).close();
    for (const isSigned of [false, true]) {
      const environment = systemEnvironment(onFileSystem(libc, type, isSigned));
      await assert.rejects(
        openStoreIn(environment, directory.path, SMALL),
        (error) =>
          isExplained(error, {
            code: "UNSAFE_DIRECTORY",
            reason: "remote-file-system",
            path: directory.path,
          }),
      );
    }
    const environment = systemEnvironment(onFileSystem(libc, type));
    const reader = await openStoreIn(environment, directory.path, { ...SMALL, readOnly: true });
    assert.equal(reader.info.guard, "pread", "What others may cut is not mapped");
    await reader.close();
    const options = { ...SMALL, trustDirectory: true };
    await using store = await openStoreIn(environment, directory.path, options);
    assert.equal(store.info.guard, "pread");
    await store.append({ topic: "t", body: "one" });
    const how = { segmentByteLength: 1 };
    const { state } = judgeDirectory(onFileSystem(libc, type), directory.path, how)
      .find((verdict) => verdict.name === "file system")!;
    assert.equal(state, "bad", "The doctor says so too");
  });
}

const LOCAL: readonly (readonly [name: string, type: number])[] = [
  ["ext4", 0xef53],
  ["tmpfs", 0x01021994],
  ["xfs", 0x58465342],
  ["btrfs", 0x9123683e],
  ["zfs", 0x2fc12fc1],
  ["f2fs", 0xf2f52010],
  ["bcachefs", 0xca451a4e],
];

for (const [name, type] of LOCAL) {
  test(`openStore() writes and maps on ${name} (0x${type.toString(16)})`, async () => {
    assert.equal(fileSystemName(type), name);
    await using directory = await temporaryDirectory();
    const environment = systemEnvironment(onFileSystem(libc, type, true));
    await using store = await openStoreIn(environment, directory.path, SMALL);
    assert.equal(store.info.guard, "mapping");
  });
}

for (const [name, type] of [["overlay", 0x794c7630], ["unknown", 0x12345678]] as const) {
  test(`openStore() writes and does not map where nobody knows who else may: ${name}`, async () => {
    assert.equal(fileSystemName(type), name);
    assert.equal(fileSystemReach(type), "unknown");
    await using directory = await temporaryDirectory();
    const environment = systemEnvironment(onFileSystem(libc, type));
    await using store = await openStoreIn(environment, directory.path, SMALL);
    assert.equal(store.info.guard, "pread");
  });
}

test("Libc.fstatfs() gives the kernel's number without a sign", () => {
  const { type, name } = check(onFileSystem(libc, 0xff534d42, true).fstatfs(1), "fstatfs");
  assert.equal(type, 0xff534d42);
  assert.equal(name, "cifs");
});

/**
 * Calls that the kernel itself lets fail, by `strace`: the store must do as it does in the
 * simulated one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { skipUnless } from "../support/skip.ts";
import { spawnSpoken } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { TracedLine } from "./traced/traced_child.ts";

/** One way to let calls fail. */
interface TracedCase {
  /** What happens, in words. */
  readonly what: string;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /** What strace injects; a thread counts its own calls. */
  readonly inject: string;
  /** The one code that may come, or none. */
  readonly code?: string;
  /** Whether everything is acknowledged all the same. */
  readonly isWhole?: boolean;
}

const CASES: readonly TracedCase[] = [
  {
    what: "ends its writable life when fdatasync fails once",
    writePath: "staged",
    inject: "fdatasync:error=EIO:when=6",
    code: "DURABILITY_LOST",
  },
  {
    what: "ends its writable life when msync fails once",
    writePath: "mapped",
    inject: "msync:error=EIO:when=4",
    code: "DURABILITY_LOST",
  },
  {
    what: "says that the disk is full when fallocate says so",
    writePath: "staged",
    inject: "fallocate:error=ENOSPC:when=2+",
    code: "DISK_FULL",
  },
  {
    what: "says EMFILE when no descriptor is to be had",
    writePath: "staged",
    inject: "openat2:error=EMFILE:when=40+",
    code: "EMFILE",
  },
  {
    what: "notices nothing of a pwrite that is interrupted",
    writePath: "staged",
    inject: "pwrite64:error=EINTR:when=20+3",
    isWhole: true,
  },
  {
    what: "takes an fsync off the main thread that is interrupted for a failed one",
    writePath: "mapped",
    inject: "fsync:error=EINTR:when=2+2",
    code: "DURABILITY_LOST",
  },
];

const hasTracer = spawnSync("strace", ["-V"]).status === 0;
const traced = skipUnless(hasTracer, "strace is not on the PATH");

for (const { what, writePath, inject, code, isWhole = false } of CASES) {
  test(`Store.append() ${what} (${writePath}, strace)`, traced, async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "store");
    const call = inject.split(":", 1)[0];
    const filters = ["-e", `trace=${call}`, "-e", `inject=${inject}`];
    const wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", ...filters];
    await using child = spawnSpoken("tests/crash/traced/traced_child.ts", [path, writePath], {
      wrapper,
    });
    const line = await child.nextLine();
    const { signal, stderr } = await child.wait();
    assert.ok(line !== undefined, `${signal} ${stderr}`);
    const { acknowledged, codes } = JSON.parse(line) as TracedLine;
    assert.deepEqual(codes, code === undefined ? [] : [code], stderr);
    if (isWhole) assert.equal(acknowledged, 60);
    else assert.ok(acknowledged < 60, "Some calls failed");
    await using store = await openStore(path);
    const found = await store.queue("T").readBatch({ limit: 1000 });
    assert.ok(found.length >= acknowledged, `${found.length} of ${acknowledged} are there`);
    const ids = found.map((message) => Number(message.text().split(" ", 1)[0]));
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b), "Nothing is twice or out of order");
    assert.equal(new Set(ids).size, ids.length);
  });
}

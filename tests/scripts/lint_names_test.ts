/**
 * The rule `names-once`, seen to fire and seen not to.
 *
 * @module
 */
import { assertFires, assertQuiet, importOf } from "./lint_reports.ts";

Deno.test("names-once refuses a name of the directory, of a topic or a property outside of names.ts", () => {
  const once = /has a name in storage\/layout\/names\.ts/;
  for (
    const use of [
      'x = "commitlog";',
      'const KNOWN = ["consumequeue"];',
      "directory.list(`commitlog/${name}`);",
      "x = `${root}/batchconsumequeue/${topic}`;",
      "x = `Cannot read: streambed rebuild makes consumequeue/${topic} anew`;",
      'x = "streambed/meta";',
      "x = `${path}.bak`;",
      "x = /^next-[0-9]{20}$/;",
      "x = /\\.bak$/;",
      'directory.remove("abort");',
      'const FILE = "checkpoint";',
      "x = `index/${name}`;",
      'x = properties.get("SB_CHECKPOINT_PART");',
      "x = `STREAMBED_JOB_${job}`;",
      'properties.delete("__CRC32#");',
    ]
  ) {
    assertFires("names-once", "storage/a.ts", use, once);
    assertFires("names-once", "cli/a.ts", use, once);
  }
  assertFires("names-once", "ffi/a.ts", 'x = "commitlog";', once);
  assertFires("names-once", "adapters/job/a.ts", 'x = "KEYS";', once);
});

Deno.test("names-once lets words be words, and tests spell what is on the disk", () => {
  assertQuiet("storage/a.ts", 'signal.addEventListener("abort", stop); check(lock, "lock", path);');
  assertQuiet("storage/a.ts", 'f({ area: "index" }, "the checkpoint and the index");');
  assertQuiet("storage/a.ts", 'let area: "checkpoint" | "commitlog";');
  assertQuiet("storage/a.ts", importOf("./index/mod.ts"));
  assertQuiet("storage/layout/names.ts", 'export const LOG_FOLDER = "commitlog";');
  assertQuiet("tests/a_test.ts", 'f("commitlog", `streambed/${name}`);');
});

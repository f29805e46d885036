/**
 * A log that is spread over several directories goes to RocketMQ (`storePathCommitLog` with several
 * paths) and back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { skipUnless } from "../support/skip.ts";
import { SAMPLE_GEOMETRY } from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { assertAgreement, assertKept, writeAndClose } from "../../harness/interop/handover.ts";
import { javaAppend, javaHarness, javaWrite } from "../../harness/interop/java_harness.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const LOG_DIRECTORIES = ["cb", "ca"];

/** Which segments, by their number, lie in `ca` and which in `cb`. */
function placesIn(root: string): number[][] {
  return ["ca", "cb"].map((name) =>
    readdirSync(join(root, name)).filter((file) => /^[0-9]{20}$/.test(file))
      .map((file) => Number(file) / SAMPLE_GEOMETRY.segmentByteLength).sort((a, b) => a - b)
  );
}

function assertRound(root: string): void {
  const [even, odd] = placesIn(root);
  assert.ok(even.every((index) => index % 2 === 0) && odd.every((index) => index % 2 === 1));
  assert.ok(even.length + odd.length > 2);
}

const appended = {
  n: 200,
  topics: ["Orders", "Java"],
  queues: 4,
  uniq: true,
  geometry: SAMPLE_GEOMETRY,
  words: ["--log-dirs", LOG_DIRECTORIES.join(","), "--body", "900"],
};

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);
  const whenThere = skipUnless(java.available, java.reason);

  test(`A log in two directories goes to ${version} and back`, whenThere, async () => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, "store");
    const ours = await writeAndClose(root, "staged", 0, LOG_DIRECTORIES);
    assertRound(root);
    const first = await assertAgreement(version, root, LOG_DIRECTORIES);
    assertKept(first.expected, ours);
    // The harness wants to see one before it appends.
    mkdirSync(join(root, "commitlog"), { mode: 0o700 });
    const theirs = await javaAppend(version, root, { ...appended, first: 10_000 });
    assert.equal(theirs.from, first.expected.to);
    assertRound(root);
    const later = await writeAndClose(root, "mapped", 20_000, LOG_DIRECTORIES);
    assertRound(root);
    const second = await assertAgreement(version, root, LOG_DIRECTORIES);
    assertKept(second.expected, [...ours, ...later]);
    const environment = systemEnvironment(await loadLibc());
    const report = await verifyStore(environment, root, { logDirectories: LOG_DIRECTORIES });
    assert.deepEqual(report.findings.filter(({ severity }) => severity === "damage"), []);
  });

  test(
    `A log that ${version} began in two directories is refused without them, and goes on with them`,
    whenThere,
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      await javaWrite(version, root, appended);
      assertRound(root);
      await assert.rejects(openStore(root, { create: false }), { code: "UNSUPPORTED_FORMAT" });
      const ours = await writeAndClose(root, "staged", 20_000, LOG_DIRECTORIES);
      assertRound(root);
      assertKept((await assertAgreement(version, root, LOG_DIRECTORIES)).expected, ours);
    },
  );
}

/**
 * The Java harness runs, and RocketMQ still answers what the golden manifests say: the other tests
 * of this folder may trust both.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cacheDirectory } from "../../harness/support/cache_directory.ts";
import { openGolden } from "../support/golden.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { locateHarness } from "../../harness/interop/java_build.ts";
import {
  javaAppend,
  javaHarness,
  javaRead,
  javaWrite,
  runHarness,
} from "../../harness/interop/java_harness.ts";

const FIRST_FILE = "0".repeat(20);

for (const [version, store] of [["5.3.3", "basic-5.3.3"], ["5.5.0", "odd-5.5.0"]] as const) {
  const java = await javaHarness(version);

  test(`javaRead() answers what the manifest of ${store} says`, {
    ...skipUnless(java.available, java.reason),
  }, async () => {
    await using golden = await openGolden(store);

    const answers = await javaRead(version, golden.root, { probe: true, halt: true });
    assert.deepEqual(answers, golden.manifest.java);
  });

  test(`javaAppend() goes on where a ${version} store that died left off`, {
    ...skipUnless(java.available, java.reason),
  }, async () => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, "store");
    const geometry = { segmentByteLength: 8192, queueEntryCount: 10 };
    const written = await javaWrite(version, root, { n: 30, topics: ["T"], geometry, halt: true });
    const plan = { n: 3, topics: ["T"], queues: 1, first: 30, uniq: true, geometry, halt: true };
    const appended = await javaAppend(version, root, plan);

    assert.deepEqual([written.from, written.acks.length], [0, 30]);
    assert.equal((await stat(join(root, "commitlog", FIRST_FILE))).size, 8192);
    assert.equal((await stat(join(root, "consumequeue/T/1", FIRST_FILE))).size, 200);
    assert.equal(appended.from, written.to);
    assert.deepEqual(appended.acks.map(({ id, queueOffset }) => [id, queueOffset]), [
      ...[[30, 15], [31, 16], [32, 17]],
    ]);

    const queries = [{ topic: "T", key: "k31" }];
    const times = [{ topic: "T", queueId: 0, time: 0 }];
    const answers = await javaRead(version, root, { geometry, queries, times, halt: true });
    assert.deepEqual(answers.log, { ...answers.log, minPhy: 0, maxPhy: appended.to, behind: 0 });
    assert.deepEqual(answers.queries, [{ ...queries[0], found: [appended.acks[1].offset] }]);
    assert.deepEqual(answers.times, [{ ...times[0], lower: 0, upper: 0 }]);
  });
}

const older = await javaHarness("5.3.3");

test("runHarness() says why Java failed", {
  ...skipUnless(older.available, older.reason),
}, async () => {
  await using directory = await temporaryDirectory();

  const run = runHarness("5.3.3", "store-append", directory.path);
  await assert.rejects(run, /Cannot run "store-append .*nothing to append to/s);
});

test("locateHarness() says which program is missing, before it builds anything", async () => {
  await using directory = await temporaryDirectory();
  const STREAMBED_TEST_CACHE = join(directory.path, "cache");
  const programs = join(directory.path, "bin");
  await mkdir(programs);

  for (const name of ["java", "mvn", "javac"]) {
    const env = { PATH: `:/nowhere:${programs}`, STREAMBED_TEST_CACHE };
    const harness = await locateHarness("5.3.3", env);
    assert.equal(harness.available, false);
    assert.match(harness.reason, new RegExp(`^${name} is not on the PATH`));
    await program(programs, name, "exit 99");
  }
});

test("locateHarness() passes on what Maven complains about, and does not ask it again soon", async () => {
  await using directory = await temporaryDirectory();
  const env = { PATH: `${directory.path}:/usr/bin:/bin`, STREAMBED_TEST_CACHE: directory.path };
  await program(directory.path, "java", "exit 99");
  await program(directory.path, "javac", "exit 99");

  await program(directory.path, "mvn", "echo '[ERROR] no route to host'; exit 1");
  const harness = await locateHarness("5.5.0", env);
  assert.match(harness.reason, /^mvn could not build the Java harness: no route to host/);

  await program(directory.path, "mvn", "echo '[ERROR] COMPILATION ERROR : planted'; exit 1");
  const again = await locateHarness("5.5.0", env);
  const [, marker] = /no route to host \(remove (.*) to try again/.exec(again.reason) ?? [];
  await rm(marker);
  await assert.rejects(locateHarness("5.5.0", env), /do not compile[\s\S]*planted/);
  await assert.rejects(locateHarness("5.5.0", env), /do not compile/);
});

test("locateHarness() builds once, also when asked twice at a time", async () => {
  await using directory = await temporaryDirectory();
  const env = { PATH: `${directory.path}:/usr/bin:/bin`, STREAMBED_TEST_CACHE: directory.path };
  const count = join(directory.path, "count");
  await program(directory.path, "java", "exit 99");
  await program(directory.path, "javac", "exit 99");
  await program(
    directory.path,
    "mvn",
    `for word; do case $word in -Dharness.build=*) mkdir "\${word#*=}/5.5.0";; esac; done; echo >> ${count}`,
  );

  const harnesses = await Promise.all([locateHarness("5.5.0", env), locateHarness("5.5.0", env)]);
  assert.deepEqual(harnesses.map(({ available }) => available), [true, true]);
  assert.equal((await readFile(count, "utf8")).length, 1);

  await program(directory.path, "mvn", "exit 1");
  assert.deepEqual(await locateHarness("5.5.0", env), harnesses[0]);
});

test("cacheDirectory() is what the environment says", () => {
  const HOME = "/h";

  assert.equal(cacheDirectory({ HOME }), "/h/.cache/streambed-tests");
  assert.equal(cacheDirectory({ HOME, XDG_CACHE_HOME: "/x" }), "/x/streambed-tests");
  assert.equal(cacheDirectory({ HOME, STREAMBED_TEST_CACHE: "/c" }), "/c");
});

async function program(directory: string, name: string, script: string): Promise<void> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/**
 * Replacing a file: the old one or the new one is there, whatever fails.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Errno } from "../../../ffi/mod.ts";
import { removeTemporaries, replaceFile } from "../../../storage/broker/mod.ts";
import { StoreError } from "../../../storage/errors.ts";
import { configFixture } from "./config_fixture.ts";

const PATH = "config/a.json";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What whoever comes next finds: the file, or its backup where there is only that. */
function textIn(root: string): string {
  const path = `${root}/${PATH}`;
  return readFileSync(existsSync(path) ? path : `${path}.bak`, "utf8");
}

test("replaceFile() makes a file, then replaces it and keeps the old one", async () => {
  await using fixture = await configFixture();
  const { directory, options } = fixture;
  const { random } = options.environment;
  await replaceFile(directory, PATH, bytesOf("one"), { random });
  assert.deepEqual(readdirSync(`${fixture.path}/config`), ["a.json"]);
  await replaceFile(directory, PATH, bytesOf("two, longer"), { random });
  await replaceFile(directory, PATH, bytesOf("three"), { random });
  assert.equal(readFileSync(`${fixture.path}/${PATH}`, "utf8"), "three");
  assert.equal(readFileSync(`${fixture.path}/${PATH}.bak`, "utf8"), "two, longer");
  assert.equal(statSync(`${fixture.path}/${PATH}`).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(`${fixture.path}/streambed`), []);

  await replaceFile(directory, "streambed/tables", bytesOf("x"), { random, backup: false });
  await replaceFile(directory, "streambed/tables", bytesOf("y"), { random, backup: false });
  assert.deepEqual(readdirSync(`${fixture.path}/streambed`), ["tables"]);
});

test("replaceFile() syncs the bytes before the names, and the names before it settles", async () => {
  const calls: string[] = [];
  const recorded = ["openat2", "pwrite", "fsyncAsync", "renameat"] as const;
  const paths = new Map<unknown, string>();
  await using fixture = await configFixture(undefined, (libc) => {
    const wrapped = Object.create(libc);
    for (const name of recorded) {
      wrapped[name] = (...args: unknown[]) => {
        const result = (libc[name] as (...args: unknown[]) => unknown).apply(libc, args);
        if (name === "openat2") {
          paths.set(result, String(args[1]).replace(/[0-9a-f]{16}/, "…"));
          return result;
        }
        calls.push(`${name} ${name === "renameat" ? args[3] : paths.get(args[0])}`);
        return result;
      };
    }
    return wrapped;
  });
  writeFileSync(`${fixture.path}/a`, "old", { mode: 0o600 });
  const { random } = fixture.options.environment;
  await replaceFile(fixture.directory, "a", bytesOf("new"), { random });
  assert.deepEqual(calls, [
    "pwrite streambed/temporary-…",
    "fsyncAsync streambed/temporary-…",
    "renameat a.bak",
    "renameat a",
    "fsyncAsync .",
    "fsyncAsync streambed",
  ]);
});

test("replaceFile() leaves the old file when a step fails", async () => {
  for (const call of ["pwrite", "fsyncAsync", "renameat"] as const) {
    const failures = new Map<string, Errno>();
    await using fixture = await configFixture(
      undefined,
      (libc) =>
        Object.assign(Object.create(libc), {
          [call]: (...args: unknown[]) =>
            failures.get(call) ??
              (libc[call] as (...args: unknown[]) => unknown).apply(libc, args),
        }),
    );
    const { random } = fixture.options.environment;
    await replaceFile(fixture.directory, PATH, bytesOf("good one"), { random });
    await replaceFile(fixture.directory, PATH, bytesOf("good two"), { random });
    failures.set(call, new Errno("ENOSPC", 28, call));
    await assert.rejects(
      replaceFile(fixture.directory, PATH, bytesOf("good three"), { random }),
      (error) => StoreError.is(error, "DISK_FULL") && error.path === PATH,
    );
    assert.equal(textIn(fixture.path), "good two");
    assert.deepEqual(readdirSync(`${fixture.path}/streambed`), [], "The space is given back");
    failures.clear();
    await replaceFile(fixture.directory, PATH, bytesOf("good four"), { random });
    assert.equal(textIn(fixture.path), "good four");
  }
});

test("removeTemporaries() removes what replaceFile() makes, and nothing else", async () => {
  await using fixture = await configFixture();
  assert.equal(removeTemporaries(fixture.directory), 0);
  fixture.directory.ensureFolder("streambed");
  const folder = `${fixture.path}/streambed`;
  for (const name of ["temporary-0123456789abcdef", "temporary-x", "meta", "tables"]) {
    writeFileSync(`${folder}/${name}`, "");
  }
  assert.equal(removeTemporaries(fixture.directory), 1);
  assert.deepEqual(readdirSync(folder).sort(), ["meta", "tables", "temporary-x"]);
  assert.ok(existsSync(folder));
});

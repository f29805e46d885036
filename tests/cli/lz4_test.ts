/**
 * Bodies that a producer of RocketMQ's has compressed by LZ4, on the command line and through a
 * store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compressFrameSync } from "npm:lz4-napi@2.10.0";
import { openStore } from "../../storage/mod.ts";
import { RUNTIME, type RuntimeFlags } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { writeForeign } from "../support/foreign_log.ts";
import { skipUnless } from "../support/skip.ts";
import { objectsOf, runCli } from "./cli_child.ts";

const SEGMENT_BYTE_LENGTH = 65_536;
const SYS_FLAG = 0x101;
const TEXT = "a long order, ".repeat(400);
const FRAME = new Uint8Array(compressFrameSync(Buffer.from(TEXT)));

/** With the package where a command finds it; other runtimes have it beside what they run. */
const WITH_PACKAGE: RuntimeFlags = {
  deno: ["-A", `--import-map=data:application/json,{"imports":{"lz4-napi":"npm:lz4-napi@2.10.0"}}`],
};

/** A broker's store with two messages, the second of which is damaged in itself. */
async function makeStore(root: string): Promise<void> {
  {
    await using store = await openStore(root, {
      geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
    });
    await store.append({ topic: "t", body: "plain" });
  }
  for (const name of ["streambed", "consumequeue", "checkpoint"]) {
    rmSync(join(root, name), { recursive: true });
  }
  const time = Date.UTC(2026, 10, 30);
  writeForeign(root, 0, [
    { topic: "t", offset: 0, body: FRAME, sysFlag: SYS_FLAG, time },
    { topic: "t", offset: 1, body: FRAME.slice(0, 40), sysFlag: SYS_FLAG, time },
  ], SEGMENT_BYTE_LENGTH);
  await using _ = await openStore(root);
}

test("streambed cat, get and export print what LZ4 has compressed, where its package is", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const commands = [["cat", "t", "--limit", "1"], ["get", "0", "--body"], ["export"], ["doctor"]];
  const [cat, get, exported, doctor] = await Promise.all(
    commands.map((args) => runCli([...args, "-d", dir.path], { flags: WITH_PACKAGE })),
  );
  assert.deepEqual([cat.code, cat.out, cat.err], [0, `${TEXT}\n`, ""]);
  assert.equal(get.out, `${TEXT}\n`);
  assert.match(doctor.out, /^ +lz4: bodies are decompressed$/m);
  const [whole, damaged] = objectsOf(exported.out);
  assert.deepEqual([whole.body, whole.sysFlag], [TEXT, 0x100]);
  assert.equal(damaged.bodyBase64, Buffer.from(FRAME.slice(0, 40)).toString("base64"));
  assert.equal(damaged.sysFlag, SYS_FLAG);
  assert.match(
    exported.err,
    /^note: the body at position \d+ stays compressed: what was compressed is damaged, or longer/m,
  );
});

test(
  "streambed hands out what LZ4 has compressed as it is without its package, and says so once",
  skipUnless(RUNTIME === "deno", "the copies for other runtimes have the package"),
  async () => {
    await using dir = await temporaryDirectory();
    await using target = await temporaryDirectory();
    await makeStore(dir.path);
    const [doctor, cat, salvage] = await Promise.all([
      runCli(["doctor", "-d", dir.path]),
      runCli(["cat", "t", "--format", "%s", "-d", dir.path]),
      runCli(["salvage", join(target.path, "new"), "-d", dir.path]),
    ]);
    assert.match(doctor.out, /^ +lz4: bodies stay compressed\n +install the package lz4-napi$/m);
    assert.deepEqual(cat.bytes, Buffer.concat([FRAME, FRAME.slice(0, 40)]));
    assert.equal(
      cat.err,
      "note: the body at position 0 stays compressed: it is compressed by LZ4: install the package " +
        "lz4-napi\n",
    );
    assert.match(
      salvage.out,
      /^left out 2 messages: its body cannot be decompressed: it is compressed by LZ4: install the/m,
    );
  },
);

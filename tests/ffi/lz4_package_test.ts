/**
 * The optional package that decompresses LZ4: found, missing, too old, or not to be had. Each test
 * runs a child in a folder of its own, with a package that stands in for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME, type RuntimeFlags } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";

const FOLDER = fileURLToPath(new URL("../../ffi", import.meta.url));
/** `.js` in the copies that other runtimes run. */
const SUFFIX = import.meta.url.slice(import.meta.url.lastIndexOf("."));

const SCRIPT = `
  import { loadLz4 } from "./ffi/select${SUFFIX}";
  const found = await loadLz4();
  console.log(typeof found === "string" ? found : found(Uint8Array.of(1, 2, 3)).join());`;

/** Runs the script where `lz4-napi` is what `source` says, or nothing; gives what it prints. */
async function foundWith(source: string | undefined, flags?: RuntimeFlags): Promise<string> {
  await using dir = await temporaryDirectory();
  cpSync(FOLDER, `${dir.path}/ffi`, { recursive: true });
  cpSync(`${FOLDER}/../errors${SUFFIX}`, `${dir.path}/errors${SUFFIX}`);
  writeFileSync(`${dir.path}/package.json`, '{"type":"module"}');
  mkdirSync(`${dir.path}/node_modules`);
  if (source !== undefined) {
    const folder = `${dir.path}/node_modules/lz4-napi`;
    mkdirSync(folder);
    writeFileSync(`${folder}/package.json`, '{"main":"./index.js"}');
    writeFileSync(`${folder}/index.js`, source);
  }
  const script = `${dir.path}/script${SUFFIX}`;
  writeFileSync(script, SCRIPT);
  await using child = spawnScript(script, [], { flags });
  const { stderr } = await child.wait();
  const lines = await child.remainingLines();
  assert.equal(lines.length, 1, stderr);
  return lines[0];
}

const REVERSING = "exports.decompressFrameSync = (frame) => {\n" +
  '  if (!Buffer.isBuffer(frame)) throw new TypeError("no Buffer");\n' +
  "  return Buffer.from(frame).reverse();\n};";

test("loadLz4() gives the codec of the package lz4-napi, or says what to do to have it", async () => {
  const cases = [
    [REVERSING, /^3,2,1$/],
    [undefined, /^install the package lz4-napi$/],
    ["exports.uncompressSync = () => {};", /^the package lz4-napi is too old, install lz4-napi@2$/],
    ['throw new Error("no build");', /lz4-napi cannot be loaded \(no build\), install it again$/],
  ] as const;
  await Promise.all(cases.map(async ([source, found]) => {
    assert.match(await foundWith(source), found);
  }));
});

test(
  "loadLz4() does not try where Deno would ask for permissions",
  skipUnless(RUNTIME === "deno", "the flags are Deno's"),
  async () => {
    const throwing = 'throw new Error("it was tried");';
    for (
      const [flags, missing] of [
        [["--allow-ffi", "--allow-read"], "--allow-env"],
        [
          ["--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6", "--allow-read=/tmp", "--allow-env=A"],
          "--allow-ffi --allow-env --allow-read",
        ],
      ] as const
    ) {
      const found = await foundWith(throwing, { deno: ["--no-prompt", ...flags] });
      assert.equal(found, `install the package lz4-napi and start with ${missing}`);
    }
  },
);

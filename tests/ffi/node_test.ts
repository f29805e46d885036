/**
 * The Node back end: its permissions, and koffi that is missing or too old. Each test runs a child
 * of its own.
 *
 * Tests: `koffi.ts`, `library_denied.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const ON_NODE = skipUnless(RUNTIME === "node", "the back end is Node's");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where the packages are, links followed: Node asks for that. */
const PACKAGES = RUNTIME === "node" ? realpathSync(`${ROOT}/node_modules`) : "";
/** Node wants to be allowed to read the program itself, and what it imports at its start. */
const PROGRAM = [ROOT, `${PACKAGES}/devalue`, PACKAGES && realpathSync(`${PACKAGES}/devalue`)]
  .reduce((flags, path) => [...flags, `--allow-fs-read=${path}`], ["--permission"]);
const CHILD = "tests/storage/permission/permission_child.ts";

async function run(flags: readonly string[], ...args: string[]): Promise<string> {
  await using child = spawnScript(CHILD, args, { flags: { node: flags } });
  const { stderr } = await child.wait();
  const lines = await child.remainingLines();
  assert.equal(lines.length, 1, stderr);
  return lines[0];
}

/** The flags that a store says are missing, as a shell reads them. */
async function missingFlags(flags: readonly string[], ...args: string[]): Promise<string[]> {
  const said = await run(flags, ...args);
  const remedy = /^PERMISSION_DENIED (.*)$/.exec(said)?.[1];
  assert.ok(remedy !== undefined, said);
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${remedy}`], { encoding: "utf8" });
  return words.trimEnd().split("\n");
}

test(
  "openStore() under --permission names all flags at once, and they are enough",
  ON_NODE,
  async () => {
    await using dir = await temporaryDirectory();
    for (const name of ["store", "it's $x", "a,b"]) {
      const path = `${dir.path}/${name}`;
      const missing = await missingFlags(PROGRAM, "staged", path);
      assert.deepEqual(missing, [
        "--allow-addons",
        `--allow-fs-read=${PACKAGES}`,
        `--allow-fs-read=${path}`,
        `--allow-fs-write=${path}`,
      ]);
      const written = await run([...PROGRAM, ...missing], "staged", path);
      assert.match(written, /^[0-9a-f]{64}$/);
      assert.equal(await run([...PROGRAM, ...missing], "read", path), written);
    }
  },
);

test("openStore() under --permission asks for nothing that it does not need", ON_NODE, async () => {
  await using dir = await temporaryDirectory();
  const path = `${dir.path}/store`;
  mkdirSync(path);
  const library = [...PROGRAM, "--allow-addons", "--allow-fs-read=*"];
  assert.deepEqual(await missingFlags(library, "staged", path), [`--allow-fs-write=${path}`]);
  const written = await run([], "staged", path);
  assert.equal(await run(library, "read", path), written, "Reading needs no grant to write");
});

/** Loads the back end, and says how that went. */
const LOADING = `
  import { loadLibc } from "./ffi/mod.js";
  try { await loadLibc(); console.log("loaded"); }
  catch (error) { console.log(error.name + ": " + error.message); }`;

/** Runs a script in a folder with the back end, where `koffi` is what `source` says, or nothing. */
async function runWithKoffi(source: string | undefined, script: string): Promise<string> {
  await using dir = await temporaryDirectory();
  cpSync(`${ROOT}/ffi`, `${dir.path}/ffi`, { recursive: true });
  cpSync(`${ROOT}/errors.js`, `${dir.path}/errors.js`);
  writeFileSync(`${dir.path}/package.json`, '{"type":"module"}');
  if (source !== undefined) {
    const folder = `${dir.path}/node_modules/koffi`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, '{"type":"module","exports":"./index.js"}');
    writeFileSync(`${folder}/index.js`, source);
  }
  const path = `${dir.path}/script.js`;
  writeFileSync(path, script);
  await using child = spawnScript(path);
  const { stderr } = await child.wait();
  const lines = await child.remainingLines();
  assert.equal(lines.length, 1, stderr);
  return lines[0];
}

const UNSUPPORTED = /^StoreError: Cannot load libc on linux \w+ with Node\.js: the package koffi /;

test(
  "loadLibc() says what to install where koffi is missing, too old, or has no build",
  ON_NODE,
  async () => {
    for (
      const [source, advice] of [
        [undefined, /is missing; run: npm install koffi@3$/],
        ["export default { load() {} };", /is too old; run: npm install koffi@3$/],
        ['throw new Error("no build");', /cannot be loaded \(no build\); install it again$/],
      ] as const
    ) {
      const said = await runWithKoffi(source, LOADING);
      assert.match(said, UNSUPPORTED);
      assert.match(said, advice);
    }
  },
);

/** koffi as it is in Electron, which has no buffers over memory that is not its own. */
const CAGED_KOFFI = `
  import koffi from ${JSON.stringify(`${PACKAGES}/koffi/index.js`)};
  const view = () => { throw new Error("External buffers are not allowed"); };
  export default { ...koffi, view };`;

/** Maps the program's own file and reads two bytes of it. */
const MAPPING = `
  import { check, loadLibc, mappingAccess } from "./ffi/mod.js";
  const libc = await loadLibc();
  const { O_RDONLY } = libc.constants;
  const file = check(libc.open(import.meta.filename, { flags: O_RDONLY }), "open");
  const mapping = check(libc.mmap(file, 10, { write: false }), "map");
  const lent = mapping.borrow(3, 1, (view) => view[0]);
  console.log(mappingAccess(libc), String.fromCharCode(mapping.borrow(2, 1, ([byte]) => byte), lent));`;

/** Says that the process is Electron's, before anything is loaded. */
const AS_ELECTRON = `
  import process from "node:process";
  Object.defineProperty(process, "versions", { value: { ...process.versions, electron: "44.0.0" } });`;

test("Libc.mmap() copies in Electron, where koffi cannot make views", ON_NODE, async () => {
  const inElectron = `//ab
    import "data:text/javascript,${encodeURIComponent(AS_ELECTRON)}";${MAPPING}`;
  assert.equal(await runWithKoffi(CAGED_KOFFI, inElectron), "copies ab");
});

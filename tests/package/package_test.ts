/**
 * The archive of the npm package: what is in it, that it is the same wherever it is made, and that
 * what is wrong with it is seen.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SourceMap } from "node:module";
import { gzipSync } from "node:zlib";
import { checkArchive } from "../../scripts/package/check_package.ts";
import { makePackage, type NpmPackage } from "../../scripts/package/make_package.ts";
import { makeManifest, type PackedManifest } from "../../scripts/package/manifest.ts";
import {
  ARCHIVE_FOLDER,
  type PackageFiles,
  readPackage,
} from "../../scripts/package/packed_files.ts";
import { type ArchiveFile, writeTar } from "../../scripts/package/tar.ts";
import { readExports, ROOT } from "../support/examples.ts";
import { readTar } from "../../harness/support/tar.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

Deno.test("makePackage() makes an archive of which publint and attw say what is known", async (t) => {
  const made = await makePackage({ root: ROOT });
  const { remarks, problems } = await checkArchive(made.archive);
  assert.deepEqual(problems, []);
  assert.ok(remarks.every((remark) => /^attw: .*: known: /.test(remark)), remarks.join("\n"));
  const modules = Object.keys(await readExports());
  assert.equal(remarks.length, 2 * modules.length, "two for each module");

  await t.step("with what users import, each with its types", () => checkContent(made));
  await t.step("with the pages that its README leads to", () => checkLinks(made));
  await t.step("without the paths of this machine", () => checkPaths(made));
  await t.step("with source maps that lead to the lines of the source", () => checkMaps(made));
  await t.step("the same in every place", () => checkSameElsewhere(made));
});

async function checkContent({ files, version }: NpmPackage): Promise<void> {
  const config = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const manifest = JSON.parse(textOf(files, "package.json"));
  assert.equal(version, config.version);
  assert.equal(manifest.version, config.version);
  assert.equal(manifest.description, config.description);
  assert.equal(manifest.repository, undefined);
  const paths = Object.keys(manifest.exports);
  assert.deepEqual(paths, [...Object.keys(config.exports), "./package.json"]);
  for (const path of Object.keys(config.exports)) {
    const { types, node, browser, default: script } = manifest.exports[path];
    const isThere = [types, browser, script].every((file) => files.has(file.slice("./".length)));
    assert.ok(isThere && node === script, path);
  }
  assert.deepEqual(Object.keys(manifest.dependencies), ["devalue"]);
  assert.deepEqual(Object.keys(manifest.optionalDependencies), ["koffi"]);
  const peers = Object.keys(manifest.peerDependencies);
  assert.deepEqual(peers, ["@opentelemetry/api", "lz4-napi"]);
  for (const peer of peers) {
    assert.deepEqual(manifest.peerDependenciesMeta[peer], { optional: true });
    assert.match(manifest.peerDependencies[peer], /^\^\d+\.\d+\.\d+$/);
  }
  assert.equal(manifest.scripts, undefined, "nothing runs when it is installed");
  assert.match(textOf(files, "cli/LICENSES.txt"), /commander@[^]*MIT/);
  const foreign = [...files.keys()].filter((path) => /^(tests|scripts)\//.test(path));
  assert.deepEqual(foreign, []);
}

/** The page for those who have the source is with the source. */
function checkLinks({ files }: NpmPackage): void {
  const links = [...textOf(files, "README.md").matchAll(/\]\((?!https?:)([^)#\s]+)/g)];
  assert.ok(links.length > 20, `${links.length} links`);
  for (const [, path] of links) {
    if (path === "CONTRIBUTING.md") continue;
    const isThere = files.has(path) || [...files.keys()].some((one) => one.startsWith(path));
    assert.ok(isThere, path);
  }
}

function checkPaths({ files, program }: NpmPackage): void {
  for (const [path, body] of [...files, ["streambed.js", program] as const]) {
    const text = decoder.decode(body);
    assert.equal(text.includes(ROOT), false, path);
    assert.doesNotMatch(text, /file:\/\/\/|registry\.npmjs/, path);
  }
}

function checkMaps({ files }: NpmPackage): void {
  const scripts = [...files.keys()].filter((path) => path.endsWith(".js.map"));
  assert.ok(scripts.length > 100, `${scripts.length} maps`);
  const path = "storage/open_store.js";
  const lines = textOf(files, path).split("\n");
  const line = lines.findIndex((text) => text.includes("export async function openStore("));
  const payload = JSON.parse(textOf(files, `${path}.map`));
  const entry = new SourceMap(payload).findEntry(line, lines[line].indexOf("openStore"));
  assert.ok("originalLine" in entry);
  const source: string = payload.sourcesContent[0].split("\n")[entry.originalLine];
  assert.ok(source.startsWith("export async function openStore("), source);
  assert.deepEqual(payload.sources, ["open_store.ts"]);
}

async function checkSameElsewhere({ archive, program }: NpmPackage): Promise<void> {
  await using directory = await temporaryDirectory();
  const { publish } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  for (const name of [...publish.include, "examples", "deno.lock"]) {
    await cp(join(ROOT, name), join(directory.path, name), { recursive: true });
  }
  const other = await makePackage({ root: directory.path });
  assert.deepEqual(new Uint8Array(other.program), new Uint8Array(program));
  assert.deepEqual(differences(readPackage(other.archive), readPackage(archive)), []);
  assert.ok(Buffer.from(other.archive).equals(archive), "The archives are the same");
}

function differences(one: PackageFiles, other: PackageFiles): string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => {
    return decoder.decode(one.get(path)) !== decoder.decode(other.get(path));
  });
}

function textOf(files: PackageFiles, path: string): string {
  return decoder.decode(files.get(path));
}

const GOOD = {
  "package.json": JSON.stringify({
    name: "small",
    version: "1.0.0",
    license: "MIT",
    type: "module",
    exports: { ".": { types: "./mod.d.ts", default: "./mod.js" } },
    bin: "./bin.js",
  }),
  "mod.js": "export const one = 1;\n",
  "mod.d.ts": "export declare const one: number;\n",
  "bin.js": "#!/usr/bin/env node\n",
};

function archiveOf(contents: Readonly<Record<string, string>>): Uint8Array {
  return gzipSync(writeTar(
    Object.entries(contents).map(([path, text]) => {
      return { path: ARCHIVE_FOLDER + path, body: encoder.encode(text), isExecutable: false };
    }),
  ));
}

Deno.test("checkArchive() sees what is wrong with a package", async () => {
  assert.deepEqual((await checkArchive(archiveOf(GOOD))).problems, []);

  const { "mod.js": script, "mod.d.ts": types, "bin.js": program, ...manifest } = GOOD;
  const misplaced = manifest["package.json"].replace(
    '"types":"./mod.d.ts","default":"./mod.js"',
    '"default":"./mod.js","types":"./mod.d.ts"',
  );
  const faults: readonly [RegExp, Readonly<Record<string, string>>][] = [
    [/publint: error: .*mod\.js/, { ...manifest, "mod.d.ts": types, "bin.js": program }],
    [/attw: the package has no types/, { ...manifest, "mod.js": script, "bin.js": program }],
    [/publint: error: .*bin/, { ...manifest, "mod.js": script, "mod.d.ts": types }],
    [/publint: error: .*types/, { ...GOOD, "package.json": misplaced }],
    [/attw: InternalResolutionError/, {
      ...GOOD,
      "mod.d.ts": 'export * from "./other";\n',
      "other.d.ts": types,
    }],
  ];
  for (const [expected, contents] of faults) {
    const { remarks, problems } = await checkArchive(archiveOf(contents));
    assert.match(problems.join("\n"), expected);
    assert.match(remarks.join("\n"), /: not known$/m);
  }
});

Deno.test("makeManifest() names the repository where it is known, for provenance", () => {
  const repository = "git+https://example.org/streambed.git";
  const manifest = makeManifest(packed(), { description: "", imported: new Set(), repository });
  assert.deepEqual(manifest.repository, { type: "git", url: repository });
});

Deno.test("makeManifest() depends on what is imported, and on nothing of unknown version", () => {
  const facts = { description: "", imported: new Set(["devalue"]) };
  const dependencies = { devalue: "^6.0.3", commander: "^15.1.0" };
  const manifest = makeManifest({ ...packed(), dependencies }, facts);
  assert.deepEqual(manifest.dependencies, { devalue: "^6.0.3" });
  assert.throws(() => makeManifest(packed(), facts), /Cannot depend on devalue/);
});

Deno.test("checkArchive() sees that a known remark is no longer made", async () => {
  // With `main`, which the oldest way to resolve reads.
  const manifest = GOOD["package.json"].replace('"bin"', '"main":"./mod.js","bin"');
  const { problems } = await checkArchive(archiveOf({ ...GOOD, "package.json": manifest }));
  assert.deepEqual(problems, ["no longer said, though known: attw: NoResolution (node10) of ."]);
});

function packed(): PackedManifest {
  return { name: "@streambed/log", version: "0.1.0", license: "Apache-2.0", exports: {} };
}

Deno.test("writeTar() writes what a reader of tar reads, in one order, with long names too", () => {
  const long = `package/${"a".repeat(60)}/${"b".repeat(60)}/c.js`;
  const files: ArchiveFile[] = [
    { path: long, body: encoder.encode("long"), isExecutable: false },
    { path: "package/bin/run.js", body: new Uint8Array(1025).fill(7), isExecutable: true },
    { path: "package/empty", body: new Uint8Array(0), isExecutable: false },
  ];
  const archive = writeTar(files);
  assert.deepEqual(archive, writeTar(files.toReversed()));
  const read = [...readTar(archive)].map(({ path, body }) => [path, body.byteLength]);
  assert.deepEqual(read, [[long, 4], ["package/bin/run.js", 1025], ["package/empty", 0]]);
  const modes = [0, 1024, 1024 + 2048].map((at) =>
    decoder.decode(archive.subarray(at + 100, at + 107))
  );
  assert.deepEqual(modes, ["0000644", "0000755", "0000644"]);
  const tooLong = { path: "x".repeat(101), body: new Uint8Array(0), isExecutable: false };
  assert.throws(() => writeTar([tooLong]), RangeError);
});

Deno.test("readPackage() reads the files of an archive without the folder around them", () => {
  const body = encoder.encode("one");
  const tar = writeTar([{ path: "package/a/b.js", body, isExecutable: false }]);
  const files = readPackage(gzipSync(tar));
  assert.deepEqual([...files.keys()], ["a/b.js"]);
});

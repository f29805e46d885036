/**
 * The registry on this machine, as npm, Bun and Deno ask it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { serveRegistry } from "../../../scripts/examples/registry.ts";
import { ROOT } from "../../support/examples.ts";

const encoder = new TextEncoder();
const MADE = {
  name: "@streambed/log",
  version: "0.0.9",
  files: new Map([["package.json", encoder.encode('{ "type": "module", "bin": "bin/a.js" }')]]),
  archive: encoder.encode("an archive"),
  program: encoder.encode("a program"),
};

function digest(algorithm: string, bytes: Uint8Array, encoding: "base64" | "hex"): string {
  return `${algorithm}-${createHash(algorithm).update(bytes).digest(encoding)}`;
}

Deno.test("serveRegistry() gives npm the archive, with its manifest and checksum", async () => {
  await using registry = await serveRegistry(ROOT, MADE);
  const response = await fetch(`${registry.base}@streambed%2flog`);
  const { name, versions, ...others } = await response.json();
  assert.equal(name, MADE.name);
  assert.deepEqual(others, { "dist-tags": { latest: "0.0.9" } });
  const { dist, ...manifest } = versions["0.0.9"];
  assert.deepEqual(manifest, { type: "module", bin: "bin/a.js" });
  const archive = await (await fetch(dist.tarball)).bytes();
  assert.deepEqual(archive, MADE.archive);
  assert.equal(dist.integrity, digest("sha512", archive, "base64"));
});

Deno.test("serveRegistry() gives Deno what would be published to JSR, and nothing else", async () => {
  await using registry = await serveRegistry(ROOT, MADE);
  const address = `${registry.base}@streambed/log/`;
  const { latest, versions } = await (await fetch(`${address}meta.json`)).json();
  assert.deepEqual([latest, versions], ["0.0.9", { "0.0.9": {} }]);
  const { manifest, exports } = await (await fetch(`${address}0.0.9_meta.json`)).json();
  for (const path of Object.values<string>(exports)) {
    const bytes = await (await fetch(`${address}0.0.9/${join(path)}`)).bytes();
    assert.deepEqual(Buffer.from(bytes), await readFile(join(ROOT, path)));
    const checksum = digest("sha256", bytes, "hex");
    assert.deepEqual(manifest[`/${join(path)}`], { size: bytes.length, checksum });
  }
  for (const path of ["scripts/ok.ts", "../../../etc/passwd", "", "constructor"]) {
    const response = await fetch(`${address}0.0.9/${path}`);
    assert.deepEqual([response.status, await response.text()], [404, ""], path);
  }
});

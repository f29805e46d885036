/**
 * No file of the product leads back to itself through its imports, those of types among them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const AREAS = ["ffi", "storage", "adapters", "cli"];
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;
const SPECIFIER = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/** Relative modules that a file names, as paths from the root. */
function importsOf(path: string, source: string): string[] {
  const text = source.replaceAll(COMMENT, "");
  return [...text.matchAll(SPECIFIER)].map(([, name]) => normalize(join(dirname(path), name)));
}

/** Circles among files, each as the files on the way; one for each import that leads back. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const seen = new Set<string>();
  const way: string[] = [];

  function walk(path: string): void {
    const at = way.indexOf(path);
    if (at >= 0) return void circles.push([...way.slice(at), path]);
    if (seen.has(path)) return;
    seen.add(path);
    way.push(path);
    for (const next of imports.get(path) ?? []) walk(next);
    way.pop();
  }
  for (const path of imports.keys()) walk(path);
  return circles;
}

function productImports(): Map<string, string[]> {
  const imports = new Map<string, string[]>();
  for (const area of AREAS) {
    for (
      const entry of readdirSync(join(ROOT, area), { recursive: true, withFileTypes: true })
    ) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = relative(ROOT, join(entry.parentPath, entry.name));
      imports.set(path, importsOf(path, readFileSync(join(ROOT, path), "utf8")));
    }
  }
  return imports;
}

test("the files of the product are in no circle", () => {
  const imports = productImports();
  assert.ok(imports.size > 300, `${imports.size} files`);
  const circles = circlesOf(imports).map((circle) => circle.join(" -> "));
  assert.deepEqual(circles, [], "declare what both need in the lower file of the two");
});

test("a circle is found, whatever its imports look like", () => {
  const files = {
    "a/one.ts": 'import { two } from "./two.ts";',
    "a/two.ts": 'import {\n  type Three,\n} from "../b/mod.ts";',
    "b/mod.ts": 'export * from "./three.ts";',
    "b/three.ts": 'type One = import("../a/one.ts").One;',
    "b/four.ts": '// import "./four.ts"\n/** from "./four.ts" */\nimport "./three.ts";',
  };
  const imports = new Map(
    Object.entries(files).map(([path, source]) => [path, importsOf(path, source)]),
  );
  assert.deepEqual(circlesOf(imports), [[
    "a/one.ts",
    "a/two.ts",
    "b/mod.ts",
    "b/three.ts",
    "a/one.ts",
  ]]);
  assert.deepEqual(circlesOf(imports.set("b/three.ts", [])), []);
});

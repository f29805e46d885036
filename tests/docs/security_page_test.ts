/**
 * What `SECURITY.md` says that the library does not do, against the source, and that what the page
 * names is there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LIBRARY = ["errors.ts", "mod.ts", "ffi", "storage", "adapters"];

/** Specifiers with a scheme; others are relative, or they are imported unseen. */
const IMPORTED = /"((?:node|npm|jsr|bun|https?):[^"\s]+)"|importUnseen\("([^"]+)"\)/g;
/** All that the library takes from a runtime by name: no network, no process. */
const BUILT_INS = new Set(
  "assert/strict buffer crypto diagnostics_channel fs os path process stream stream/promises timers url worker_threads zlib"
    .split(" ").map((name) => `node:${name}`),
);
const REACHES_OUT =
  /\b(?:fetch|WebSocket|EventSource|BroadcastChannel)\(|\b(?:Deno|Bun)\.(?:connect|listen|serve|Command|spawn|env|dlopen)\b|\bprocess\.env\b/g;

/** The code of a file, without what its comments say. */
function codeOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8").replaceAll(/\/\*\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}

function filesOf(places: readonly string[]): string[] {
  return places.flatMap((place) => {
    if (place.endsWith(".ts")) return [place];
    const found = readdirSync(join(ROOT, place), { recursive: true, encoding: "utf8" });
    return found.filter((name) => name.endsWith(".ts")).map((name) => join(place, name));
  });
}

test("The library imports no network and no process, and no package but those of SECURITY.md", () => {
  const names = filesOf(LIBRARY).flatMap((path) => {
    return [...codeOf(path).matchAll(IMPORTED)].map(([, named, unseen]) => named ?? unseen);
  });
  assert.ok(names.length > 30, `${names.length} imports`);
  const others = new Set(names.filter((name) => !BUILT_INS.has(name)));
  assert.deepEqual([...others].sort(), [
    "bun:ffi",
    "koffi",
    "lz4-napi",
    "npm:@opentelemetry/api@1.9.1",
    "npm:devalue@6.0.3",
  ]);
});

test("The library calls nothing that reaches out of the process but libc, and reads no variable", () => {
  const calls = filesOf(LIBRARY).flatMap((path) => {
    return [...codeOf(path).matchAll(REACHES_OUT)].map(([call]) => `${path}: ${call}`);
  });
  assert.deepEqual(calls, ["ffi/deno.ts: Deno.dlopen"]);
});

test("The command line starts no process, opens no connection, and reads three variables", () => {
  const calls = filesOf(["cli"]).flatMap((path) => {
    return [...codeOf(path).matchAll(REACHES_OUT), ...codeOf(path).matchAll(/env\.\w+/g)];
  });
  const names = [...new Set(calls.map(([call]) => call))];
  assert.deepEqual(names, ["process.env", "env.NO_COLOR", "env.TERM", "env.STREAMBED_DIR"]);
  const built = filesOf(["cli"]).flatMap((path) => {
    return [...codeOf(path).matchAll(/"(node:[\w/]+)"/g)].map(([, name]) => name);
  });
  assert.deepEqual(built.filter((name) => /net|http|tls|dgram|dns|child|cluster/.test(name)), []);
});

test("SECURITY.md names files that are there", () => {
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const named = [
    ...page.matchAll(/\]\((?!https?:)([^)#]+)/g),
    ...page.matchAll(/`((?:tests|ffi|storage|docs)\/[\w/.]+)`/g),
  ].map(([, path]) => path);
  assert.ok(named.length > 6, `${named.length} paths`);
  assert.deepEqual(named.filter((path) => !existsSync(join(ROOT, path))), []);
});

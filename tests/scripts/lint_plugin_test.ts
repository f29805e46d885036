/**
 * Every rule of the house style, seen to fire and seen not to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import plugin from "../../scripts/lint_plugin.ts";
import { assertFires, assertQuiet, DOC, importOf } from "./lint_reports.ts";

Deno.test("layers refuses an arrow that points back", () => {
  const back = /arrows point one way/;
  assertFires("layers", "ffi/mod.ts", importOf("../storage/mod.ts"), back);
  assertFires("layers", "errors.ts", importOf("./ffi/mod.ts"), back);
  for (const path of ["ffi/a.ts", "storage/a.ts"]) assertQuiet(path, importOf("../errors.ts"));
  assertFires("layers", "storage/store.ts", importOf("../adapters/web/mod.ts"), back);
  assertFires("layers", "storage/store.ts", importOf("../mod.ts"), back);
  assertFires("layers", "adapters/web/sink.ts", importOf("../../mod.ts"), back);
  assertFires("layers", "adapters/web/sink.ts", importOf("../../ffi/mod.ts"), back);
  assertFires("layers", "storage/store.ts", importOf("../tests/support/skip.ts"), back);
  assertFires("layers", "storage/store.ts", importOf("../harness/support/random.ts"), back);
  assertFires("layers", "mod.ts", importOf("./scripts/ok.ts"), back);
});

Deno.test("layers sees every way to name a module", () => {
  const back = /ffi\/ must not import storage\//;
  assertFires("layers", "ffi/a.ts", 'import type { X } from "../storage/mod.ts";', back);
  assertFires("layers", "ffi/a.ts", 'export * from "../storage/mod.ts";', back);
  assertFires("layers", "ffi/a.ts", 'export { x } from "../storage/mod.ts";', back);
  assertFires("layers", "ffi/a.ts", 'await import("../storage/mod.ts");', back);
  assertFires("layers", "ffi/a.ts", 'type X = import("../storage/mod.ts").X;', back);
});

Deno.test("layers lets arrows point forward, through the door", () => {
  assertQuiet("storage/store.ts", importOf("../ffi/mod.ts"));
  assertQuiet("storage/store.ts", importOf("./layout/mod.ts"));
  assertQuiet("storage/store.ts", importOf("./commit_log.ts"));
  assertQuiet("storage/log/list.ts", importOf("../layout/mod.ts"));
  assertQuiet("storage/log/list.ts", importOf("../../ffi/mod.ts"));
  assertQuiet("adapters/web/sink.ts", importOf("../../storage/mod.ts"));
  assertQuiet("mod.ts", importOf("./adapters/web/mod.ts"));
});

Deno.test("layers puts the command line on top, through the doors", () => {
  assertQuiet("cli/context.ts", importOf("../ffi/mod.ts"));
  assertQuiet("cli/context.ts", importOf("../storage/verify/mod.ts"));
  assertQuiet("cli/context.ts", importOf("../mod.ts"));
  assertQuiet("cli/program.ts", importOf("../deno.json"));
  assertQuiet("cli/dump/dump_log.ts", importOf("../text.ts"));
  assertFires("layers", "cli/a.ts", importOf("../storage/types.ts"), /only through its mod\.ts/);
  assertFires("layers", "cli/a.ts", importOf("./dump/dump_log.ts"), /only through its mod\.ts/);
  assertFires("layers", "cli/dump/a.ts", importOf("../context.ts"), /leaves .*text\.ts of cli\//);
  assertFires("layers", "cli/a.ts", importOf("../scripts/demo.ts"), /arrows point one way/);
  assertFires("layers", "adapters/web/a.ts", importOf("../../cli/mod.ts"), /arrows point one way/);
  assertFires("layers", "storage/a.ts", importOf("../deno.json"), /arrows point one way/);
});

Deno.test("layers lets tests, scripts and the harness import anything of the library", () => {
  assertQuiet("tests/storage/a_test.ts", importOf("../../storage/layout/queue_entry.ts"));
  assertQuiet("scripts/bench.ts", importOf("../ffi/deno.ts"));
  assertQuiet("harness/a.ts", importOf("../storage/layout/queue_entry.ts"));
});

Deno.test("layers lets tests and scripts share the harness, and nothing else", () => {
  const share = /move what both need into harness\//;
  assertQuiet("tests/a_test.ts", importOf("../harness/support/random.ts"));
  assertQuiet("tests/a_test.ts", importOf("../scripts/sim/task.ts"));
  assertQuiet("scripts/a.ts", importOf("../harness/support/random.ts"));
  assertFires("layers", "scripts/a.ts", importOf("../tests/support/skip.ts"), share);
  assertFires("layers", "scripts/sim/a.ts", importOf("../../tests/a.ts"), share);
  assertFires("layers", "harness/a.ts", importOf("../tests/support/skip.ts"), share);
  assertFires("layers", "harness/crash/a.ts", importOf("../../scripts/ok.ts"), share);
});

Deno.test("layers refuses to enter a folder past its mod.ts", () => {
  const door = /only through its mod\.ts/;
  assertFires("layers", "storage/store.ts", importOf("../ffi/libc.ts"), door);
  assertFires("layers", "storage/store.ts", importOf("./layout/queue_entry.ts"), door);
  assertFires("layers", "storage/log/a.ts", importOf("../layout/queue_entry.ts"), door);
  assertFires("layers", "adapters/web/sink.ts", importOf("../../storage/store.ts"), door);
  assertFires("layers", "mod.ts", importOf("./storage/errors.ts"), door);
});

Deno.test("layers refuses a file's own door, which leads back to it", () => {
  assertFires("layers", "storage/store.ts", importOf("./mod.ts"), /import the file that declares/);
  assertFires("layers", "ffi/deno.ts", importOf("./mod.ts"), /import the file that declares/);
});

Deno.test("layers lets the rooms of storage/ stand on each other, and none points up", () => {
  assertQuiet("storage/life/a.ts", importOf("../log/mod.ts"));
  assertQuiet("storage/derived/derived.ts", importOf("./queue/mod.ts"));
  assertQuiet("storage/new_room/a.ts", importOf("../backup/mod.ts"));
  const up = /stand on each other, layout <- arguments/;
  assertFires("layers", "storage/log/a.ts", importOf("../life/mod.ts"), up);
  assertFires("layers", "storage/derived/queue/a.ts", importOf("../../log/mod.ts"), up);
  assertFires("layers", "storage/backup/a.ts", importOf("../new_room/mod.ts"), up);
});

Deno.test("layers lets a subfolder of storage/ see the leaves above it, and nothing else", () => {
  for (const leaf of ["assert", "environment", "errors", "options", "types"]) {
    assertQuiet("storage/log/segment.ts", importOf(`../${leaf}.ts`));
  }
  assertFires("layers", "storage/log/a.ts", importOf("../store.ts"), /sees only the leaves/);
  assertFires("layers", "storage/log/a.ts", importOf("../mod.ts"), /sees only the leaves/);
});

Deno.test("layers keeps storage/layout/ to bytes", () => {
  assertQuiet("storage/layout/queue_entry.ts", importOf("../assert.ts"));
  assertQuiet("storage/layout/queue_entry.ts", importOf("../errors.ts"));
  assertQuiet("storage/layout/queue_entry.ts", importOf("../message.ts"));
  assertQuiet("storage/layout/queue_entry.ts", importOf("./define_layout.ts"));
  const bytes = /bytes only/;
  assertFires("layers", "storage/layout/a.ts", importOf("../types.ts"), bytes);
  assertFires("layers", "storage/layout/a.ts", importOf("../segment/mod.ts"), bytes);
  assertFires("layers", "storage/layout/a.ts", importOf("../../ffi/mod.ts"), bytes);
});

Deno.test("layers keeps adapters apart, but for the declared exceptions", () => {
  const apart = /adapters do not know each other/;
  assertFires("layers", "adapters/web/sink.ts", importOf("../node/mod.ts"), apart);
  assertFires("layers", "adapters/web/sink.ts", importOf("../mod.ts"), apart);
  assertFires("layers", "adapters/checkpoint/a.ts", importOf("../job/mod.ts"), apart);
  assertQuiet("adapters/job/job.ts", importOf("../checkpoint/mod.ts"));
  assertQuiet("adapters/topic/topic.ts", importOf("../web/streams/mod.ts"));
  assertFires("layers", "adapters/topic/a.ts", importOf("../web/streams/b.ts"), /only through/);
  assertFires("layers", "adapters/web/a.ts", importOf("../topic/mod.ts"), apart);
  assertFires("layers", "adapters/job/a.ts", importOf("../checkpoint/b.ts"), /only through/);
  assertQuiet("adapters/node/sink.ts", importOf("../core/mod.ts"));
  assertQuiet("adapters/web/sink.ts", importOf("../core/mod.ts"));
  assertFires("layers", "adapters/node/sink.ts", importOf("../web/mod.ts"), apart);
  assertQuiet("adapters/another/mod.ts", importOf("../core/mod.ts"));
  assertFires("layers", "adapters/another/mod.ts", importOf("../core/a.ts"), /only through/);
  assertFires("layers", "adapters/another/mod.ts", importOf("../checkpoint/mod.ts"), apart);
  assertFires("layers", "adapters/core/a.ts", importOf("../web/mod.ts"), apart);
  assertFires("layers", "adapters/core/a.ts", importOf("../another/mod.ts"), apart);
  assertFires("layers", "adapters/checkpoint/a.ts", importOf("../core/mod.ts"), apart);
});

Deno.test("specifiers refuses what needs a host or an import map", () => {
  const use = /use a relative path/;
  assertFires("specifiers", "scripts/a.ts", importOf("jsr:@std/assert@1.0.0"), use);
  assertFires("specifiers", "tests/a_test.ts", importOf("https://example.com/mod.ts"), use);
  assertFires("specifiers", "storage/a.ts", importOf("@std/assert"), /needs an import map/);
  assertFires("specifiers", "storage/a.ts", importOf("@streambed/log"), /needs an import map/);
  assertFires("specifiers", "cli/a.ts", importOf("@streambed/log"), /needs an import map/);
  assertQuiet("tests/docs/readme_test.ts", importOf("@streambed/log"));
});

Deno.test("specifiers wants one exact version of a package", () => {
  const exact = /one exact version/;
  assertFires("specifiers", "ffi/node.ts", importOf("npm:koffi"), exact);
  assertFires("specifiers", "ffi/node.ts", importOf("npm:koffi@^3.3.4"), exact);
  assertFires("specifiers", "ffi/node.ts", importOf("npm:@scope/name@3"), exact);
  assertQuiet("ffi/node.ts", importOf("npm:koffi@3.3.4"));
  assertQuiet("ffi/node.ts", importOf("npm:@scope/name@3.3.4-beta.1/sub/path"));
});

Deno.test("specifiers wants the extension of a relative path", () => {
  assertFires("specifiers", "storage/a.ts", importOf("./errors"), /\.ts extension/);
  assertFires("specifiers", "storage/a.ts", importOf("./errors.js"), /\.ts extension/);
});

Deno.test("specifiers keeps the built-ins of the operating system inside ffi/", () => {
  for (const name of ["node:path", "node:url", "node:zlib", "node:assert/strict"]) {
    assertQuiet("storage/a.ts", importOf(name));
  }
  const through = /reach the operating system through ffi\//;
  assertFires("specifiers", "storage/a.ts", importOf("node:fs"), through);
  assertFires("specifiers", "ffi/libc.ts", importOf("node:process"), through);
  assertQuiet("ffi/node.ts", importOf("node:process"));
  assertQuiet("tests/a_test.ts", importOf("node:fs"));
  assertQuiet("storage/environment.ts", importOf("node:crypto"));
  assertFires("specifiers", "storage/a.ts", importOf("node:crypto"), through);
  assertQuiet("ffi/bun.ts", importOf("bun:ffi"));
  assertFires("specifiers", "ffi/node.ts", importOf("bun:ffi"), /import map/);
});

Deno.test("specifiers keeps node:stream inside adapters/node/", () => {
  assertQuiet("adapters/node/readable.ts", importOf("node:stream"));
  assertFires("specifiers", "adapters/web/a.ts", importOf("node:stream"), /adapters\/node/);
  assertQuiet("adapters/node/sink.ts", importOf("node:stream/promises"));
  assertQuiet("tests/adapters/node/sink_test.ts", importOf("node:stream"));
  assertFires("specifiers", "adapters/core/a.ts", importOf("node:stream"), /adapters\/node/);
  assertFires("specifiers", "mod.ts", importOf("node:stream"), /adapters\/node/);
  assertFires("specifiers", "storage/a.ts", importOf("node:stream/promises"), /adapters\/node/);
});

Deno.test("runtime-globals keeps runtimes inside the back ends", () => {
  const only =
    /only ffi\/built_ins\.ts, ffi\/bun\.ts, ffi\/deno\.ts, ffi\/node\.ts, ffi\/select\.ts may/;
  for (const name of ["Deno", "Bun", "process", "Buffer", "globalThis"]) {
    assertFires("runtime-globals", "ffi/libc.ts", `f(${name}.x);`, only);
    assertFires("runtime-globals", "adapters/web/sink.ts", `f(${name}.x);`, only);
    assertFires("runtime-globals", "mod.ts", `f(${name}.x);`, only);
    assertQuiet("ffi/deno.ts", `f(${name}.x);`);
    assertQuiet("ffi/select.ts", `f(typeof ${name});`);
    assertQuiet("scripts/ok.ts", `f(${name}.x);`);
  }
});

Deno.test("runtime-globals keeps the command line on what all runtimes have", () => {
  assertQuiet("cli/a.ts", 'import process from "node:process";\nf(process.pid, new Date());');
  assertFires("runtime-globals", "cli/a.ts", "Deno.exit(1);", /Deno, Node and Bun alike/);
  assertFires("runtime-globals", "cli/a.ts", "console.log(1);", /output of the context/);
});

Deno.test("runtime-globals tells a reference from the name of a member", () => {
  assertFires("runtime-globals", "storage/a.ts", "f({ Date });", /environment/);
  assertFires("runtime-globals", "storage/a.ts", "f({ now: Date });", /environment/);
  assertFires("runtime-globals", "storage/a.ts", "let x: Deno.FsFile;", /only ffi/);
  assertFires("runtime-globals", "storage/a.ts", "let x: typeof Date;", /environment/);
  assertQuiet("storage/a.ts", "function f(when: number | Date): void {}");
  assertQuiet("storage/a.ts", "f(environment.fetch, this.process, x?.Deno, { Bun: 1 });");
  assertQuiet("storage/a.ts", "interface A { process(): void; crypto: string }");
  assertQuiet("storage/a.ts", "class A { fetch(): void {} process = 1; }");
  assertQuiet("storage/a.ts", "let x: Words.Date;");
});

Deno.test("runtime-globals keeps clocks, chance and timers out of storage/", () => {
  const given = /uses the environment|use the random/;
  const uses = ["Date.now()", "performance.now()", "Math.random()", "setTimeout(f)", "fetch(u)"];
  for (const use of [...uses, "queueMicrotask(f)", "crypto.subtle", "clearInterval(i)"]) {
    assertFires("runtime-globals", "storage/flusher.ts", `f(${use});`, given);
    assertQuiet("storage/environment.ts", `f(${use});`);
    assertQuiet("adapters/web/sink.ts", `f(${use});`);
  }
  assertFires("runtime-globals", "storage/environment.ts", "f(Deno.pid);", /only ffi/);
  assertQuiet("storage/flusher.ts", "f(Math.max(1, 2));");
});

Deno.test("runtime-globals lets the library print nothing", () => {
  for (const file of ["mod.ts", "ffi/deno.ts", "storage/environment.ts", "adapters/web/a.ts"]) {
    assertFires("runtime-globals", file, "console.log(1);", /prints nothing/);
  }
  assertQuiet("scripts/bench.ts", "console.log(1);");
});

Deno.test("file-ceiling allows 400 lines and not one more", () => {
  const lines = 400 - DOC.split("\n").length + 1;
  assertQuiet("storage/a.ts", "f();\n".repeat(lines));
  assertFires("file-ceiling", "tests/a_test.ts", "f();\n".repeat(lines + 1), /has 401 lines/);
});

Deno.test("function-ceiling allows 70 lines and not one more", () => {
  const body = (lines: number): string => "{\n" + "f();\n".repeat(lines - 2) + "}";
  assertQuiet("storage/a.ts", `function a() ${body(70)}`);
  assertQuiet("tests/a_test.ts", `describe("group", () => ${body(200)});`);
  const over = /has 71 lines, the ceiling is 70/;
  assertFires("function-ceiling", "storage/a.ts", `function é() ${body(71)}`, over);
  assertFires("function-ceiling", "storage/a.ts", `class A { a() ${body(71)} }`, over);
  assertFires("function-ceiling", "tests/a_test.ts", `test("a", () => ${body(71)});`, over);
});

Deno.test("error-message wants what cannot be done first", () => {
  const grammar = /start it with "Cannot "/;
  assertFires("error-message", "storage/a.ts", 'throw new TypeError("bad topic");', grammar);
  assertFires(
    "error-message",
    "ffi/a.ts",
    'f(storeError("CLOSED", undefined, "bad log"));',
    grammar,
  );
  assertQuiet("ffi/a.ts", 'f(storeError("CLOSED", undefined, `Cannot ${a}: it is closed`));');
  assertFires("error-message", "ffi/a.ts", 'throw new RangeError("is " + "bad");', grammar);
  const ownClass = 'class AError extends Error { constructor() { super("it is bad"); } }';
  assertFires("error-message", "storage/a.ts", ownClass, grammar);
  const partClass =
    "class AError extends Error { constructor(x: string) { super(`It ${x} is`); } }";
  assertFires("error-message", "storage/a.ts", partClass, grammar);
  assertQuiet("storage/a.ts", partClass.replace("It", "Cannot"));
  assertQuiet("storage/a.ts", 'throw new TypeError("Cannot open the store: it is closed");');
  assertQuiet("storage/a.ts", "throw new TypeError(`Cannot read ${path}: it is gone`);");
  assertQuiet("tests/a_test.ts", 'throw new Error("planted fault");');
});

Deno.test("error-message leaves codes, variables and assertions alone", () => {
  assertQuiet("ffi/a.ts", 'throw systemError(outcome, "make directory", path);');
  assertQuiet("storage/a.ts", 'throw storeClosed("append to store");');
  assertQuiet("storage/a.ts", "throw new TypeError(message);");
  assertQuiet("storage/a.ts", "throw new TypeError(`${verb} the log`);");
  assertQuiet("storage/a.ts", 'throw new InvariantError("A position is not negative");');
  assertQuiet("storage/a.ts", 'class A extends B { constructor() { super("not an error"); } }');
});

Deno.test("error-message wants no full stop at the end", () => {
  const stop = /no full stop/;
  assertFires("error-message", "storage/a.ts", 'f(new AError("Cannot a: b."));', stop);
  assertFires("error-message", "storage/a.ts", "f(new AError(`Cannot ${a}: b.`));", stop);
  assertFires("error-message", "storage/a.ts", 'f(new AError("Cannot a: " + "b."));', stop);
});

Deno.test("erasable-syntax refuses what only TypeScript would turn into code", () => {
  assertQuiet("errors.ts", "class A { private constructor() { super(); } }");
  const report = (source: string, advice: RegExp): void =>
    assertFires("erasable-syntax", "scripts/a.ts", source, advice);
  report("class A { private x = 1; }", /write #name/);
  report("class A { protected m(): void {} }", /write #name/);
  report("class A { public static m(): void {} }", /write #name/);
  report("abstract class A { protected abstract m(): void; }", /write #name/);
  report("class A { constructor(readonly x: number) {} }", /declare the field/);
  report("enum A { B }", /union of strings/);
  report("namespace A {}", /a file is a module/);
  report("declare global {}", /a file is a module/);
  assertQuiet(
    "scripts/a.ts",
    "class A { readonly #x = 1; static m(): void {} declare y: string; }",
  );
});

Deno.test("named-exports refuses a default export", () => {
  assertFires("named-exports", "storage/a.ts", "export default function a() {}", /export a name/);
  assertQuiet("storage/a.ts", "export function a() {}");
  assertQuiet("scripts/lint_plugin.ts", "export default plugin;");
});

Deno.test("top-level-function wants declarations at the top level", () => {
  const declare = /write `function name\(\) \{\}`/;
  assertFires("top-level-function", "storage/a.ts", "const a = () => 1;", declare);
  assertFires("top-level-function", "storage/a.ts", "export const a = function () {};", declare);
  assertQuiet("storage/a.ts", "function a() { const b = () => 1; return b; }");
});

Deno.test("empty-catch wants a line of code", () => {
  assertFires("empty-catch", "storage/a.ts", "try { f(); } catch { /* why */ }", /do something/);
  assertFires("empty-catch", "tests/a_test.ts", "try { f(); } catch (e) {}", /do something/);
  assertQuiet("storage/a.ts", "try { f(); } catch { g(); }");
});

Deno.test("no-bigint keeps 64-bit integers inside ffi/", () => {
  const inside = /stays inside ffi\//;
  for (const use of ["1n", "BigInt(1)", "view.getBigInt64(0)", "new BigUint64Array(1)"]) {
    assertFires("no-bigint", "storage/a.ts", `f(${use});`, inside);
    assertQuiet("ffi/a.ts", `f(${use});`);
    assertQuiet("tests/a_test.ts", `f(${use});`);
  }
  assertFires("no-bigint", "adapters/web/a.ts", "let x: bigint;", inside);
});

Deno.test("file-name wants snake_case and no index", () => {
  for (const name of ["commitLog.ts", "commit-log.ts", "CommitLog.ts", "index.ts"]) {
    assertFires("file-name", `storage/${name}`, "f();", /write snake_case/);
  }
  for (const name of ["commit_log.ts", "mod.ts", "utf8.ts"]) assertQuiet(`storage/${name}`, "f();");
});

Deno.test("no-plans refuses marks of unfinished work", () => {
  for (const mark of ["TODO", "FIXME", "XXX", "HACK"]) {
    assertFires("no-plans", "tests/a_test.ts", `// ${mark}: later\nf();`, /file it where plans/);
  }
  assertQuiet("storage/a.ts", 'f("TODO"); // a list of things todo');
});

Deno.test("no-dead-code refuses a comment that ends like a statement", () => {
  const removed = /is removed/;
  assertFires("no-dead-code", "storage/a.ts", "// f(x);\nf();", removed);
  assertFires("no-dead-code", "storage/a.ts", "// if (x) {\nf();", removed);
  assertFires("no-dead-code", "storage/a.ts", "/* f();\n   g() */\nf();", removed);
  assertQuiet("storage/a.ts", "// The order matters; f() comes first.\nf();");
  assertQuiet("storage/a.ts", "/** Call `f();` like this:\n * f();\n */\nf();");
  assertQuiet("ffi/symbols.ts", "// int close(int fd);\nf();");
});

Deno.test("module-doc wants a file to say what it is", () => {
  const rule = (source: string): string[] =>
    Deno.lint.runPlugin(plugin, "storage/a.ts", source).map((diagnostic) => diagnostic.id);

  assert.deepEqual(rule("f();"), ["streambed/module-doc"]);
  assert.deepEqual(rule("/** A function. */\nfunction a() {}"), ["streambed/module-doc"]);
  assert.deepEqual(rule(`f();\n${DOC}`), ["streambed/module-doc"]);
  assert.deepEqual(rule(`${DOC}f();`), []);
  assert.deepEqual(rule(`#!/usr/bin/env -S deno run -A\n${DOC}f();`), []);
});

Deno.test("skip-reason lets tests be skipped only with a reason that is reported", () => {
  const helper = /skipUnless/;
  const skips = ["test.skip('a', f)", "it.only('a', f)", "test.todo('a')", "t.skip('why')"];
  const options = ["test('a', { skip: 'why' }, f)", "Deno.test({ ignore: true, name: 'a', fn })"];
  for (
    const use of [...skips, ...options, "Deno.test.ignore('a', f)", "t.test('a', { todo: 1 }, f)"]
  ) {
    assertFires("skip-reason", "tests/a_test.ts", `${use};`, helper);
  }
  assertQuiet("tests/a_test.ts", "test('a', skipUnless(x, 'no x'), f); entries.skip(1);");
  assertQuiet("tests/a_test.ts", "test('a', { ...skipUnless(x, 'no x'), timeout: 1 }, f);");
  assertQuiet("tests/support/skip.ts", "test('a', { skip: 'why' }, f);");
  assertQuiet("storage/a.ts", "test('a', { skip: 1 });");
});

Deno.test("the plugin knows a file by its absolute path too", () => {
  const root = new URL("../../", import.meta.url).pathname;
  assertFires("layers", `${root}ffi/a.ts`, importOf("../storage/mod.ts"), /arrows point one way/);
});

Deno.test("STYLE.md names every rule of the plugin, and none that does not exist", () => {
  const style = readFileSync(new URL("../../STYLE.md", import.meta.url), "utf8");
  const named = [...style.matchAll(/`streambed\/([a-z-]+)`/g)].map((match) => match[1]);

  assert.deepEqual([...new Set(named)].sort(), Object.keys(plugin.rules).sort());
});

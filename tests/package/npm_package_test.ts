/**
 * The npm package in somebody else's project, on every runtime: imported, type-checked, and its
 * program run. The documented programs run in the check `examples`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NOT_FOR_BROWSERS } from "../../scripts/package/not_for_browsers.ts";
import { readExports } from "../support/examples.ts";
import { makeProject, type Outcome, type Project } from "./project.ts";

const CONSUMER = fileURLToPath(new URL("consumer.js", import.meta.url));
const PACKAGE = "@streambed/log";
const PROGRAM = `node_modules/${PACKAGE}/bin/streambed.js`;

const OLDEST_NODE = "node22";

Deno.test("the npm package works in a project of its own", async (t) => {
  await using project = await makeProject();
  await writePrograms(project);

  await t.step(
    "the types agree with those of browsers, with moduleResolution bundler",
    async () => assertFine(await checkTypes(project)),
  );
  for (const runtime of project.runtimes) {
    await t.step(`a program in JavaScript runs on ${runtime}`, async () => {
      assertFine(await project.run(runtime, ["consumer.js"]));
      await rm(join(project.root, "consumer_data"), { recursive: true });
    });
    await t.step(`streambed appends, reads and tells on ${runtime}`, async () => {
      await useProgram(`cli_${runtime}`, (words, input) => {
        return project.run(runtime, [PROGRAM, ...words], input);
      });
    });
  }
  await t.step("npx streambed appends, reads and tells", async () => {
    const npx = ["npm/bin/npx-cli.js", "--no-install", "streambed"];
    await useProgram("cli_npx", (words, input) => project.tool([...npx, ...words], input));
  });
  await t.step("every script of the package loads on the oldest Node", async () => {
    const scripts = [...project.made.files.keys()].filter((path) => path.endsWith(".js"));
    const imports = scripts
      .filter((path) => !path.startsWith("bin/") && path !== NOT_FOR_BROWSERS)
      .map((path) => `await import("./node_modules/${PACKAGE}/${path}");\n`);
    await writeFile(join(project.root, "scripts.js"), imports.join(""));
    assertFine(await project.run(OLDEST_NODE, ["scripts.js"]));
  });
  await t.step("the single file runs where no package is", async () => {
    const folder = join(project.root, "../alone");
    await mkdir(folder);
    const file = join(folder, "streambed.js");
    await writeFile(file, project.made.program);
    for (const runtime of ["deno", "bun"]) {
      await useProgram(`alone_${runtime}`, (words, input) => {
        return project.run(runtime, [file, ...words], input);
      });
    }
    const { code, stderr } = await project.run("node24", [file, "-d", "cli_deno", "info"]);
    assert.equal(code, 1);
    assert.match(stderr, /^streambed: Cannot load libc .*koffi is missing; run: npm install koffi/);
  });
  await t.step("without the host of a module all others work", async () => {
    await rm(join(project.root, "node_modules/@opentelemetry"), { recursive: true });
    assertFine(await project.run("node26", ["consumer.js"]));
    await rm(join(project.root, "consumer_data"), { recursive: true });
  });
  await t.step("without its optional package it says on Node what to install", async () => {
    await rm(join(project.root, "node_modules/koffi"), { recursive: true });
    const { code, stderr } = await project.run("node26", ["consumer.js"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /StoreError: Cannot load libc .*npm install koffi@3/,
    );
  });
});

async function writePrograms({ root }: Project): Promise<void> {
  const modules = Object.keys(await readExports()).map((subpath) => subpath.replace(".", PACKAGE));
  const exports = modules.map((name, at) => `export * as m${at} from "${name}";\n`);
  await writeFile(join(root, "everything.ts"), exports.join(""));
  await copyFile(CONSUMER, join(root, "consumer.js"));
}

/** Type-checks all declarations. */
async function checkTypes(project: Project): Promise<Outcome> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
    module: "preserve",
    moduleResolution: "bundler",
    isolatedModules: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [project.toolPath("@types")],
  };
  const config = JSON.stringify({ compilerOptions, files: ["everything.ts"] });
  await writeFile(join(project.root, "tsconfig.json"), config);
  return await project.tool(["typescript/bin/tsc", "--project", "tsconfig.json"]);
}

/** Makes a store with the program, puts something in, gets it out again and asks what there is. */
async function useProgram(
  directory: string,
  run: (words: readonly string[], input?: string) => Promise<Outcome>,
): Promise<void> {
  const streambed = async (words: readonly string[], input?: string): Promise<string> => {
    const outcome = await run(["--dir", directory, "--quiet", ...words], input);
    assertFine(outcome);
    return outcome.stdout;
  };
  const acks = await streambed(["append", "orders", "--key", "k", "--acks"], "ham\neggs\n");
  assert.match(acks, /^orders 0 0 0\norders 0 1 \d+\n$/);
  assert.equal(await streambed(["cat", "orders"]), "ham\neggs\n");
  const info = JSON.parse(await streambed(["info", "--json"]));
  assert.equal(info.durability, "flushed");
}

function assertFine({ code, stdout, stderr }: Outcome): void {
  assert.equal(code, 0, `${stdout}${stderr}`);
}

/**
 * What builds programs with the npm package: the bundlers of `docs/bundlers.md`, and versions of
 * TypeScript and of the types of Node.
 *
 * Tests: `import_unseen.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readExports } from "../support/examples.ts";
import {
  BUNDLER_SCRIPTS,
  BUNDLERS_NEED,
  type Bundling,
  FOR_BROWSERS,
  readBundlers,
} from "./bundlers.ts";
import { checkTypes, COMPILERS, TYPES_OF_NODE } from "./compilers.ts";
import { makeProject, type Outcome, type Project } from "./project.ts";

const SERVER = fileURLToPath(new URL("bundled_server.js", import.meta.url));
const SAID = "ham\neggs\nham\neggs\nham\neggs\n1 object\nham\n0\n";
const NODES = ["node22", "node24", "node26"];
/** Beside the project, whose packages a bundle is not to find. */
const DEPLOYED = "../deployed";
const MAIN = `${DEPLOYED}/main.js`;
/** Says what is wrong, without the line of the bundle, which may be all of it. */
const STARTER = `import process from "node:process";
await import("./server.js").catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
`;

Deno.test("bundlers and compilers build programs with the npm package", async (t) => {
  const bundlers = await readBundlers();
  const packages = bundlers.flatMap(({ name, version }) => version ? [`${name}@${version}`] : []);
  assert.deepEqual(packages.length, Object.keys(BUNDLER_SCRIPTS).length);
  const compilers = [...COMPILERS.values(), ...TYPES_OF_NODE.values()];
  await using project = await makeProject({
    tools: [...packages, ...BUNDLERS_NEED, ...compilers],
  });
  await prepare(project);

  for (const bundler of bundlers) {
    await t.step(`what ${bundler.name} bundles as documented runs with koffi alone`, async () => {
      await bundle(project, bundler);
      if (bundler.version === undefined) await runProgram(project);
      else await runBundle(project);
    });
  }
  for (const bundling of FOR_BROWSERS) {
    await t.step(`what ${bundling.name} bundles for a browser says that none will do`, async () => {
      await bundle(project, bundling);
      const { code, stderr } = await project.run("node24", [MAIN]);
      assert.equal(code, 1);
      assert.match(stderr, /^Error: Cannot load @streambed\/log in a browser: .*run it in Node/);
    });
  }
  await t.step("programs in CommonJS require all of it", async () => {
    const modules = Object.keys(await readExports());
    const lines = modules.map((path) => `require("${path.replace(".", "@streambed/log")}");\n`);
    await writeFile(join(project.root, "common.cjs"), lines.join(""));
    for (const runtime of NODES) assertFine(await project.run(runtime, ["common.cjs"]));
  });
  await checkTypes(t, project);
});

async function prepare(project: Project): Promise<void> {
  await copyFile(SERVER, join(project.root, "server.js"));
  const plugins = "@rollup/plugin-node-resolve";
  await mkdir(join(project.root, "node_modules/@rollup"));
  await symlink(project.toolPath(plugins), join(project.root, "node_modules", plugins));
}

/** Makes a bundle, and puts it where nothing is but itself. */
async function bundle(project: Project, { name, config, command }: Bundling): Promise<void> {
  if (config !== undefined) await writeFile(join(project.root, config.name), config.text);
  const [program, ...words] = command;
  const script = BUNDLER_SCRIPTS[program];
  const outcome = script === undefined
    ? await project.run(program, words)
    : await project.tool([script, ...words]);
  assertFine(outcome);
  assert.doesNotMatch(outcome.stdout + outcome.stderr, /warning|\(!\)/i, `${name} says nothing`);
  if (config !== undefined) await rm(join(project.root, config.name));

  const deployed = join(project.root, DEPLOYED);
  await rm(deployed, { recursive: true, force: true });
  await rename(join(project.root, "dist"), deployed);
  await writeFile(join(deployed, "package.json"), '{ "type": "module" }\n');
  await writeFile(join(project.root, MAIN), STARTER);
}

async function runBundle(project: Project): Promise<void> {
  const { code, stderr } = await project.run("node24", [MAIN]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^StoreError: Cannot load libc .*koffi is missing; run: npm install koffi@3/,
  );

  const packages = join(project.root, DEPLOYED, "node_modules");
  await mkdir(packages);
  await symlink(join(project.root, "node_modules/koffi"), join(packages, "koffi"));
  for (const runtime of NODES) {
    await assertSaid(project, await project.run(runtime, [MAIN]));
    // Now all of its modules are the main module.
    await assertSaid(project, await project.run(runtime, [`${DEPLOYED}/server.js`]));
  }
}

async function runProgram(project: Project): Promise<void> {
  await assertSaid(project, await project.execute(`${DEPLOYED}/server`, []));
}

async function assertSaid(project: Project, outcome: Outcome): Promise<void> {
  assertFine(outcome);
  assert.equal(outcome.stdout, SAID);
  await rm(join(project.root, "data"), { recursive: true });
}

function assertFine({ code, stdout, stderr }: Outcome): void {
  assert.equal(code, 0, `${stdout}${stderr}`);
}

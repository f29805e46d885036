/**
 * The declarations of the package under versions of TypeScript and of the types of Node.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readExports } from "../support/examples.ts";
import type { Project } from "./project.ts";

/** By a name of ours, as several versions stand side by side. */
export const COMPILERS: ReadonlyMap<string, string> = new Map([
  ["typescript 5.9", "typescript5@npm:typescript@5.9.3"],
  ["typescript 6.0", "typescript6@npm:typescript@6.0.3"],
  ["typescript 7.0", "typescript7@npm:typescript@7.0.2"],
]);

/** As {@linkcode COMPILERS}. */
export const TYPES_OF_NODE: ReadonlyMap<string, string> = new Map([
  ["@types/node 22", "types22@npm:@types/node@22.20.7"],
  ["@types/node 24", "types24@npm:@types/node@24.19.4"],
  ["@types/node 26", "types26@npm:@types/node@26.6.7"],
]);

/** `module`, and with it how names of modules are resolved. */
const MODULES = ["node16", "nodenext", "preserve"];

/** The one that takes a tenth of the time of the others, and so is asked all there is to ask. */
const QUICK = "typescript 7.0";

/** What each of the others is asked, beside what `npm_package_test.ts` compiles. */
const SLOW_PAIRS: Readonly<Record<string, readonly [typesOfNode: string, module: string]>> = {
  "typescript 5.9": ["@types/node 26", "node16"],
  "typescript 6.0": ["@types/node 22", "preserve"],
};

const ALL_PAIRS = [...TYPES_OF_NODE.keys()].flatMap((types) => {
  return MODULES.map((module) => [types, module] as const);
});

/** Those of a browser, which serve in place of Node's. */
const DOM = ["dom", "dom.iterable", "dom.asynciterable"];

/** What is compiled, and how. */
interface Compilation {
  readonly compiler: string;
  readonly module: string;
  readonly typesOfNode?: string;
  readonly file: string;
}

/** Compiles what imports all modules, by each compiler, with the types of each Node. */
export async function checkTypes(t: Deno.TestContext, project: Project): Promise<void> {
  await writeImports(project);
  for (const compiler of COMPILERS.keys()) {
    await t.step(`the types agree with ${compiler} and those of Node`, async () => {
      for (const [typesOfNode, module] of compiler === QUICK ? ALL_PAIRS : [SLOW_PAIRS[compiler]]) {
        const said = await compile(project, { compiler, module, typesOfNode, file: "all.ts" });
        assert.equal(said, "", `${compiler}, ${typesOfNode}, ${module}`);
      }
    });
  }
  await t.step("CommonJS has the types with module nodenext, not node16", async () => {
    const common = { compiler: QUICK, typesOfNode: "@types/node 24", file: "all.cts" };
    assert.equal(await compile(project, { ...common, module: "nodenext" }), "");
    assert.match(await compile(project, { ...common, module: "node16" }), /error TS1479:/);
  });
  await t.step("without types of Node those of a browser serve all but /node", async () => {
    const without = { compiler: QUICK, module: "nodenext" };
    assert.equal(await compile(project, { ...without, file: "without_node.ts" }), "");
    const said = await compile(project, { ...without, file: "all.ts" });
    assert.match(said, /^(\S+\/adapters\/node\/\w+\.d\.ts\(.* 'node:stream'.*\n?)+$/);
  });
}

async function writeImports({ root, toolPath }: Project): Promise<void> {
  const imports = Object.keys(await readExports()).map((path, at) => {
    return `export * as m${at} from "${path.replace(".", "@streambed/log")}";\n`;
  });
  await writeFile(join(root, "all.ts"), imports.join(""));
  await writeFile(join(root, "all.cts"), imports.join(""));
  const others = imports.filter((line) => !line.includes("/node"));
  await writeFile(join(root, "without_node.ts"), others.join(""));
  for (const specifier of TYPES_OF_NODE.values()) {
    const folder = join(root, folderOf(specifier));
    await mkdir(folder);
    await symlink(toolPath(folderOf(specifier)), join(folder, "node"));
  }
}

/** Compiles a file with all declarations that it leads to; gives what the compiler said. */
async function compile(
  project: Project,
  { compiler, module, typesOfNode, file }: Compilation,
): Promise<string> {
  const types = typesOfNode === undefined ? undefined : folderOf(TYPES_OF_NODE.get(typesOfNode)!);
  const compilerOptions = {
    strict: true,
    target: "es2022",
    lib: ["esnext", ...(types === undefined ? DOM : [])],
    module,
    ...(module === "preserve" ? { moduleResolution: "bundler" } : {}),
    skipLibCheck: false,
    noEmit: true,
    types: types === undefined ? [] : ["node"],
    ...(types === undefined ? {} : { typeRoots: [types] }),
  };
  const config = JSON.stringify({ compilerOptions, files: [file] });
  await writeFile(join(project.root, "tsconfig.json"), config);
  const script = `${folderOf(COMPILERS.get(compiler)!)}/bin/tsc`;
  const { stdout } = await project.tool([script, "--project", "tsconfig.json"]);
  return stdout.trim();
}

/** The name of ours, under which a package is installed. */
function folderOf(specifier: string): string {
  return specifier.split("@")[0];
}

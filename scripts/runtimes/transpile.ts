/**
 * The repository as runtimes that know neither TypeScript nor `npm:` specifiers can run it: a copy
 * in which each `x.ts` has an `x.js` beside it. The sources stay, since tests read some of them.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { stop, transform } from "npm:esbuild@0.28.2";

/** What of the repository is copied. */
const PARTS = ["ffi", "storage", "adapters", "cli", "scripts", "harness", "tests", "docs"];

/** Node 22 is the oldest; what is younger (`using`) is written out. */
const TARGET = "node22";

/** A file of the copy that can be run. */
export interface Module {
  /** Path of its source, from the root: `ffi/mod.ts`. */
  readonly source: string;
  /** Sources that it imports as it is loaded. */
  readonly imports: readonly string[];
  /** Packages that it imports at any time, as `name@version`. */
  readonly packages: readonly string[];
  /** Whether its code names Deno. */
  readonly namesDeno: boolean;
}

/**
 * Copies the repository.
 *
 * @param root Root of the repository.
 * @param target An empty directory.
 * @returns What can be run in the copy.
 */
export async function transpile(root: string, target: string): Promise<Module[]> {
  const files = (await Promise.all([listRoot(root), ...PARTS.map((part) => list(root, part))]))
    .flat();
  const folders = new Set(files.map((file) => dirname(file)));
  for (const folder of folders) await mkdir(join(target, folder), { recursive: true });
  try {
    const modules = await Promise.all(files.map((file) => copy(root, target, file)));
    await writeFile(join(target, "package.json"), '{ "private": true, "type": "module" }\n');
    return modules.filter((module) => module !== undefined);
  } finally {
    await stop();
  }
}

async function listRoot(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => name);
}

async function list(root: string, folder: string): Promise<string[]> {
  if (!existsSync(join(root, folder))) return [];
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, join(entry.parentPath, entry.name)));
}

async function copy(root: string, target: string, file: string): Promise<Module | undefined> {
  await copyFile(join(root, file), join(target, file));
  if (!file.endsWith(".ts")) return undefined;

  const { code } = await transform(await readFile(join(root, file), "utf8"), {
    loader: "ts",
    format: "esm",
    target: TARGET,
    sourcemap: "inline",
    sourcefile: join(target, file),
    sourcesContent: false,
  });
  const { text, ...module } = translate(file, code);
  await writeFile(join(target, file.replace(/\.ts$/, ".js")), text);
  return module;
}

/**
 * Makes the import specifiers of a module those of a runtime without Deno's, and notes them.
 *
 * @param source Path of its source, from the root.
 * @param code The module, as esbuild wrote it.
 * @returns The module's new text, and what is in it.
 */
export function translate(source: string, code: string): Module & { readonly text: string } {
  const imports: string[] = [];
  const packages: string[] = [];

  const own = (specifier: string, isStatic: boolean): string => {
    const found = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.*)?$/.exec(specifier);
    if (found !== null) {
      packages.push(`${found[1]}@${found[2]}`);
      return `${found[1]}${found[3] ?? ""}`;
    }
    if (!/^\.\.?\/.*\.ts$/.test(specifier)) return specifier;
    if (isStatic) imports.push(posix.join(posix.dirname(source), specifier));
    return specifier.replace(/\.ts$/, ".js");
  };
  const text = code
    .replace(
      /^((?:import|export)\b[^"'`;]*?)"([^"\n]+)";$/gm,
      (_, before, specifier) => `${before}"${own(specifier, true)}";`,
    )
    .replace(
      /\bimport\("([^"\n]+)"\)/g,
      (_, specifier) => `import("${own(specifier, false)}")`,
    )
    // Node has it since 24.
    .replaceAll("import.meta.main", "(import.meta.filename === process.argv[1])");
  return { source, imports, packages, namesDeno: /\bDeno\s*[.[]/.test(code), text };
}

/**
 * The command line as one file, for every runtime, with what it needs of other packages in it.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type OnResolveResult, type Plugin } from "npm:esbuild@0.28.2";

/** The oldest runtime that the result must run on. */
const TARGET = "node22";

/** What a bundle is made of. */
export interface Bundle {
  /** The script. */
  readonly code: Uint8Array;
  /** Packages in it, by their specifiers (`npm:name@1.2.3`), and their folders. */
  readonly packages: ReadonlyMap<string, string>;
}

/** How a bundle is made. */
export interface BundleOptions {
  /** Root of the project. */
  readonly root: string;
  /** The module to start from, by its path from the root. */
  readonly entry: string;
}

/**
 * Makes a bundle. Only `node:` built-ins are left outside of it, and what a runtime brings.
 *
 * @param options Where from.
 * @returns The bundle.
 */
export async function bundleCli({ root, entry }: BundleOptions): Promise<Bundle> {
  const packages = new Map<string, string>();
  const result = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    external: ["bun:ffi"],
    plugins: [packageResolver(packages), configuration(root)],
  });
  return { code: result.outputFiles[0].contents, packages };
}

/**
 * Finds `npm:name@1.2.3` where Deno keeps it. Files of packages get names without the path of that
 * place, as names stay in the bundle.
 */
function packageResolver(packages: Map<string, string>): Plugin {
  return {
    name: "npm-specifiers",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^npm:/ }, async ({ path: specifier }) => {
        const file = fileURLToPath(import.meta.resolve(specifier));
        const folder = await packageFolder(file);
        packages.set(specifier, folder);
        return inPackage({ specifier, folder, file });
      });
      onResolve({ filter: /^\./, namespace: PACKAGES }, ({ path, pluginData }) => {
        const from: PackageFile = pluginData;
        return inPackage({ ...from, file: join(dirname(from.file), path) });
      });
      onLoad({ filter: /./, namespace: PACKAGES }, async ({ pluginData }) => {
        const { file }: PackageFile = pluginData;
        return { contents: await readFile(file), loader: "js", pluginData };
      });
    },
  };
}

const PACKAGES = "npm-packages";

/** A file of a package. */
interface PackageFile {
  readonly specifier: string;
  readonly folder: string;
  readonly file: string;
}

function inPackage(place: PackageFile): OnResolveResult {
  const path = `${place.specifier}/${relative(place.folder, place.file)}`;
  return { path, namespace: PACKAGES, pluginData: place };
}

/**
 * The folder of the package that a file belongs to: the nearest whose package.json has a version.
 */
async function packageFolder(file: string): Promise<string> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(absent);
    if (text !== undefined && JSON.parse(text).version !== undefined) return folder;
  }
  throw new Error(`Cannot find the package of ${file}: no folder above it has a package.json`);
}

function absent(error: { readonly code?: string }): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Of the project's configuration only what the package says of itself is for users. */
function configuration(root: string): Plugin {
  return {
    name: "configuration",
    setup({ onLoad }) {
      onLoad({ filter: /\/deno\.json$/ }, async ({ path }) => {
        if (path !== join(root, "deno.json")) return undefined;
        const { name, version } = JSON.parse(await readFile(path, "utf8"));
        return { contents: JSON.stringify({ name, version }), loader: "json" };
      });
    },
  };
}

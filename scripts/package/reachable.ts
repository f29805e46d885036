/**
 * Which scripts of the package its modules lead to, and which packages they import.
 *
 * @module
 */
import { posix } from "node:path";
import { build, type Plugin } from "npm:esbuild@0.28.2";
import type { PackageFiles } from "./packed_files.ts";

/** What was found. */
export interface Reached {
  /** Scripts, by their path in the package. */
  readonly scripts: ReadonlySet<string>;
  /** Names of packages. */
  readonly packages: ReadonlySet<string>;
  /** Names that the modules to start from export. */
  readonly exported: ReadonlySet<string>;
}

const FILES = "package-files";
const BUILT_IN = /^(node|bun):/;

/**
 * Follows the imports of some modules.
 *
 * @param files Files of the package.
 * @param entries Modules to start from.
 * @returns What they lead to, themselves included.
 */
export async function reach(files: PackageFiles, entries: readonly string[]): Promise<Reached> {
  const scripts = new Set<string>();
  const packages = new Set<string>();
  const { metafile } = await build({
    entryPoints: entries.map((path) => `./${path}`),
    bundle: true,
    write: false,
    metafile: true,
    outdir: "/",
    format: "esm",
    logLevel: "silent",
    plugins: [follower(files, scripts, packages)],
  });
  const exported = Object.values(metafile.outputs).flatMap((output) => output.exports);
  return { scripts, packages, exported: new Set(exported) };
}

function follower(files: PackageFiles, scripts: Set<string>, packages: Set<string>): Plugin {
  return {
    name: "follower",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /./ }, ({ path, importer }) => {
        if (path.startsWith(".")) {
          return { path: posix.join(posix.dirname(importer), path), namespace: FILES };
        }
        if (!BUILT_IN.test(path)) packages.add(packageName(path));
        return { path, external: true };
      });
      onLoad({ filter: /./, namespace: FILES }, ({ path }) => {
        const contents = files.get(path);
        if (contents === undefined) {
          throw new Error(`Cannot pack ${path}: it is imported, not there`);
        }
        scripts.add(path);
        return { contents, loader: "js" };
      });
    },
  };
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/**
 * The npm package: what `deno pack` makes, and what it does not do.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { stop } from "npm:esbuild@0.28.2";
import { bundleCli } from "./bundle_cli.ts";
import { CLI_MODULE, CLI_PROGRAM, makeManifest, type PackedManifest } from "./manifest.ts";
import { NOT_FOR_BROWSERS, notForBrowsers } from "./not_for_browsers.ts";
import { licenseNotices } from "./notices.ts";
import { ARCHIVE_FOLDER, type PackageFiles, packedFiles } from "./packed_files.ts";
import { reach } from "./reachable.ts";
import { separateSourceMaps } from "./source_maps.ts";
import { writeTar } from "./tar.ts";

/** What was made. */
export interface NpmPackage {
  /** Name. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** Files by their path in the package. */
  readonly files: PackageFiles;
  /** The archive to be published. */
  readonly archive: Uint8Array;
  /** The command line as one file, which needs no package. */
  readonly program: Uint8Array;
}

/** How a package is made. */
export interface PackageOptions {
  /** Root of the project. */
  readonly root: string;
  /** Address of the repository, for package.json; none when left out. */
  readonly repository?: string;
}

const PROGRAM_LINE = "#!/usr/bin/env node\n";
const PROGRAM = `${PROGRAM_LINE}import process from "node:process";
import { run } from "../${CLI_MODULE}";

process.exit(await run(process.argv.slice(2)));
`;
const NOTICES = "cli/LICENSES.txt";
const EXAMPLES = "examples";

/**
 * Makes the package. The same source gives the same bytes, wherever it lies.
 *
 * @param options Where from.
 * @returns The package; nothing is written.
 */
export async function makePackage({ root, repository }: PackageOptions): Promise<NpmPackage> {
  try {
    const files = await packedFiles(root);
    const packed = readJson<PackedManifest>(files, "package.json");
    separateSourceMaps(files);
    const imported = await keepReachable(files, packed);
    await addCli(files, root);
    await addExamples(files, root);
    const { exported } = await reach(files, modulesOf(packed));
    put(files, NOT_FOR_BROWSERS, notForBrowsers(packed.name, exported));
    const { description } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
    const manifest = makeManifest(packed, { description, imported, repository });
    put(files, "package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
    const { code } = await bundleCli({ root, entry: "cli/main.ts" });
    const { name, version } = packed;
    return { name, version, files, archive: archiveOf(files), program: asProgram(code) };
  } finally {
    await stop();
  }
}

/**
 * Leaves out scripts that no module leads to. Those of the command line go too: its bundle has
 * them.
 */
async function keepReachable(
  files: PackageFiles,
  packed: PackedManifest,
): Promise<ReadonlySet<string>> {
  const entries = modulesOf(packed).filter((path) => path !== CLI_MODULE);
  const { scripts, packages } = await reach(files, entries);
  for (const path of [...files.keys()]) {
    const isScript = /\.js(\.map)?$/.test(path);
    if (isScript && !scripts.has(path.replace(/\.map$/, ""))) files.delete(path);
  }
  return packages;
}

/** The modules that users import, by their path in the package. */
function modulesOf({ exports }: PackedManifest): string[] {
  return Object.values(exports).map((module) => module.default.slice("./".length));
}

async function addCli(files: PackageFiles, root: string): Promise<void> {
  const { code, packages } = await bundleCli({ root, entry: "cli/program.ts" });
  files.set(CLI_MODULE, code);
  put(files, CLI_PROGRAM, PROGRAM);
  put(files, NOTICES, await licenseNotices(packages));
}

/** README.md leads to them; they import the package by its name, and are for copying. */
async function addExamples(files: PackageFiles, root: string): Promise<void> {
  const entries = await readdir(join(root, EXAMPLES), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  for (const path of paths.sort()) files.set(path, await readFile(join(root, path)));
}

function archiveOf(files: PackageFiles): Uint8Array {
  const tar = writeTar([...files].map(([path, body]) => {
    return { path: `${ARCHIVE_FOLDER}${path}`, body, isExecutable: path === CLI_PROGRAM };
  }));
  return gzipSync(tar, { level: 9 });
}

/** The source says which Deno runs it; the bundle is for whatever runtime there is. */
function asProgram(code: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(code).replace(/^#!.*\n/, "");
  return new TextEncoder().encode(PROGRAM_LINE + text);
}

function put(files: PackageFiles, path: string, text: string): void {
  files.set(path, new TextEncoder().encode(text));
}

function readJson<T>(files: PackageFiles, path: string): T {
  return JSON.parse(new TextDecoder().decode(files.get(path)));
}

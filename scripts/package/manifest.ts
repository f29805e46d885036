/**
 * The package.json of the npm package, made of deno.json and of what `deno pack` found out.
 *
 * @module
 */
import { COMMON_PACKAGES } from "../runtimes/runtimes.ts";
import { NOT_FOR_BROWSERS } from "./not_for_browsers.ts";

/** Runtimes that the package is tested on, and the oldest of each. */
const ENGINES = { node: ">=22.0.0", deno: ">=2.9.0", bun: ">=1.4.0" };

/**
 * Where no runtime brings a way to call libc, this does. Without it the package installs all the
 * same.
 */
const OPTIONAL_DEPENDENCIES = { koffi: `^${COMMON_PACKAGES.koffi}` };

/** Hosts of single modules, which only those who import these need to have. */
const HOSTS: readonly string[] = ["@opentelemetry/api"];

/** What no module imports by its name, but uses where it is: it decompresses bodies of LZ4. */
const HELPERS = { "lz4-napi": "^2.10.0" };

const KEYWORDS = [
  "log",
  "queue",
  "message queue",
  "event log",
  "durable",
  "rocketmq",
  "commit log",
  "message store",
  "stream",
  "checkpoint",
  "exactly-once",
  "mmap",
  "ffi",
  "node",
  "deno",
  "bun",
];

/** The command line: the module that users import, and the program. */
export const CLI_MODULE = "cli/mod.js";
/** The program behind `npx streambed`. */
export const CLI_PROGRAM = "bin/streambed.js";

/** What `deno pack` says, as far as it is used. */
export interface PackedManifest {
  /** Name. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** License. */
  readonly license: string;
  /** Modules to import, each with its declarations. */
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  /** Packages that any module needs. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What only the project knows. */
export interface ManifestFacts {
  /** A sentence, from deno.json. */
  readonly description: string;
  /** Packages that the modules import; those of the command line are in its bundle. */
  readonly imported: ReadonlySet<string>;
  /** Where the source is, if that is known: provenance is only given for a package that says so. */
  readonly repository?: string;
}

/**
 * Makes the manifest.
 *
 * @param packed What `deno pack` made.
 * @param facts What it does not know.
 * @returns The object to be written as package.json.
 * @throws {Error} If a package is imported of which `deno pack` knows no version.
 */
export function makeManifest(
  packed: PackedManifest,
  { description, imported, repository }: ManifestFacts,
): Readonly<Record<string, unknown>> {
  const { name, version, license, dependencies = {} } = packed;
  const known = Object.entries(dependencies).filter(([dependency]) => imported.has(dependency));
  const isHost = ([dependency]: [string, string]) => HOSTS.includes(dependency);
  const peers = { ...Object.fromEntries(known.filter(isHost)), ...HELPERS };
  const unknown = [...imported].filter((dependency) => dependencies[dependency] === undefined);
  if (unknown.length > 0) throw new Error(`Cannot depend on ${unknown}: no version is known`);

  return {
    name,
    version,
    description,
    keywords: KEYWORDS,
    license,
    ...(repository === undefined ? {} : { repository: { type: "git", url: repository } }),
    type: "module",
    sideEffects: false,
    engines: ENGINES,
    exports: makeExports(packed),
    bin: { streambed: `./${CLI_PROGRAM}` },
    dependencies: Object.fromEntries(known.filter((one) => !isHost(one))),
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peers).map((peer) => [peer, { optional: true }]),
    ),
    optionalDependencies: OPTIONAL_DEPENDENCIES,
    publishConfig: { access: "public" },
  };
}

/**
 * The condition `types` comes first, or a compiler would take what stands before it; then `node`,
 * as a window of Electron may be both, a browser and Node.
 */
function makeExports({ exports }: PackedManifest): Readonly<Record<string, unknown>> {
  const modules = Object.entries(exports).map(([path, { types, default: script }]) => {
    return [path, { types, node: script, browser: `./${NOT_FOR_BROWSERS}`, default: script }];
  });
  return { ...Object.fromEntries(modules), "./package.json": "./package.json" };
}

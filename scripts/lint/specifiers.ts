/**
 * Modules are named so that every runtime finds them without an import map, and the operating
 * system is reached only through ffi/.
 *
 * @module
 */
import { visitImports } from "./imports.ts";
import { RUNTIME_FILES, type SourcePath, sourcePath } from "./source_path.ts";

/** Built-ins that Deno, Node and Bun all have and that touch nothing outside the program. */
const PURE_BUILT_INS = [
  "node:assert",
  "node:assert/strict",
  "node:path",
  "node:url",
  "node:zlib",
];

/** Built-ins of one adapter. */
const NODE_ADAPTER_BUILT_INS = ["node:stream", "node:stream/promises"];
const OTEL_ADAPTER_BUILT_INS = ["node:diagnostics_channel"];

/**
 * The one file of storage/ that makes an environment of the real world, and where its chance is
 * from.
 */
const ENVIRONMENT = "storage/environment.ts";
const ENVIRONMENT_BUILT_INS = ["node:crypto", "node:diagnostics_channel", "node:timers"];

/**
 * Packages of examples, which write names as users do, for Node too. `imports` of deno.json has the
 * exact versions.
 */
export const EXAMPLE_PACKAGES: readonly string[] = ["@hono/node-server", "hono", "zod"];

const EXACT_PACKAGE = /^npm:(@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+[^/]*(\/.+)?$/;
const RELATIVE_FILE = /^\.\.?\/.*\.(ts|json)$/;
const OWN_PACKAGE = /^@streambed\/log(\/|$)/;

/** The rule `specifiers`. */
export const specifiers: Deno.lint.Rule = {
  create(context) {
    const from = sourcePath(context.filename);
    return visitImports(({ specifier, node }) => {
      const message = wrongSpecifier(from, specifier);
      if (message) context.report({ node, message });
    });
  },
};

function wrongSpecifier(from: SourcePath, specifier: string): string | undefined {
  if (/^(jsr|https?|data|file):/.test(specifier)) {
    return `"${specifier}" must not be imported: use a relative path, "node:" or ` +
      '"npm:name@version"';
  }
  if (from.area === "examples" && !/^(node:|\.)/.test(specifier)) return wrongInExample(specifier);
  if (specifier.startsWith("npm:")) return wrongPackage(specifier);
  if (specifier.startsWith("node:")) return wrongBuiltIn(from, specifier);
  if (specifier.startsWith(".")) return wrongPath(specifier);
  if (specifier === "bun:ffi" && from.path === "ffi/bun.ts") return undefined;
  if (!from.isPublished && OWN_PACKAGE.test(specifier)) return undefined;
  return `"${specifier}" needs an import map, which users of the library do not have: ` +
    'write "npm:name@version", "node:name" or a relative path';
}

function wrongInExample(specifier: string): string | undefined {
  const isKnown = EXAMPLE_PACKAGES.some((name) => `${specifier}/`.startsWith(`${name}/`));
  if (isKnown || OWN_PACKAGE.test(specifier)) return undefined;
  return `"${specifier}" must be a name that Deno and Node both find: write "name" alone, with its ` +
    "exact version in imports of deno.json, and add it to EXAMPLE_PACKAGES of this rule";
}

function wrongPackage(specifier: string): string | undefined {
  if (EXACT_PACKAGE.test(specifier)) return undefined;
  return `"${specifier}" must name one exact version: write "npm:name@1.2.3"`;
}

function wrongPath(specifier: string): string | undefined {
  if (RELATIVE_FILE.test(specifier)) return undefined;
  return `"${specifier}" must name a file: write the path with its .ts extension`;
}

function wrongBuiltIn(from: SourcePath, specifier: string): string | undefined {
  if (!from.inLibrary || RUNTIME_FILES.includes(from.path)) return undefined;
  if (PURE_BUILT_INS.includes(specifier)) return undefined;
  if (from.path === ENVIRONMENT && ENVIRONMENT_BUILT_INS.includes(specifier)) return undefined;
  const isOfOtel = from.path.startsWith("adapters/otel/");
  if (isOfOtel && OTEL_ADAPTER_BUILT_INS.includes(specifier)) return undefined;
  const isStream = NODE_ADAPTER_BUILT_INS.includes(specifier);
  if (isStream && from.path.startsWith("adapters/node/")) return undefined;
  if (isStream) return `"${specifier}" belongs in adapters/node/: use Web Streams elsewhere`;
  return `"${specifier}" is not for ${from.area}: reach the operating system through ffi/ ` +
    `(allowed everywhere: ${PURE_BUILT_INS.join(", ")})`;
}
